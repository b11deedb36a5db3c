"""Print what the dataset of the shop has, with the `dlt` of the interpreter that runs it: shown.py DAY PLACE FOLDER."""

import datetime
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from days import FOLDER, destination

import dlt

pipeline = dlt.pipeline("shop", destination=destination(), dataset_name="shop_data", pipelines_dir=FOLDER)
pipeline.sync_destination()


def text(value):
    """Return a value as text; zones have other classes with each library."""
    return value.isoformat() if isinstance(value, datetime.datetime) else repr(value)


found = {}
for name in pipeline.schema_names:
    dataset = pipeline.dataset(schema=name)
    for table in pipeline.schemas[name].data_tables():
        columns = sorted(column for column in table["columns"] if not column.startswith("_dlt_"))
        rows = dataset[table["name"]].select(*columns).fetchall()
        found[f"{name}.{table['name']}"] = [columns, sorted(str([text(value) for value in row]) for row in rows)]
print(json.dumps(found))
