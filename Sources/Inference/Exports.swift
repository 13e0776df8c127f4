// What cells say about models and memory, from one import.
@_exported public import TensorMemory
@_exported public import Tensors
@_exported public import Tokenizers
