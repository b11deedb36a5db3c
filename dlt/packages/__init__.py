"""The working folder of a pipeline; all disk input and output of pipelines goes through here."""
