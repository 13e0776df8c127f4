// NotebookParser
