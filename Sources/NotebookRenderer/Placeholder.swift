// NotebookRenderer
