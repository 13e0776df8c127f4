// What every cell sees without importing it.
@_exported public import CellRuntime
@_exported public import Charts
