// Tests of NotebookModel.
