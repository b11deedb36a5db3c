"""One folder for each destination; its name is that of the folder, its class is `DESTINATION` in `factory.py`."""
