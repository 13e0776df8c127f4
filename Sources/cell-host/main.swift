print("cell-host")
