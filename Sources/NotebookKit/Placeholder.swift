// NotebookKit
