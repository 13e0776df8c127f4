// CellExecutor
