// TensorMemory
