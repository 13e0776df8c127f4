// Tests of NotebookRenderer.
