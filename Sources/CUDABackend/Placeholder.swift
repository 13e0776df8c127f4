// CUDABackend
