"""A device that is made up: PyTorch loads it as it loads other people's, and its memory is NumPy's.

With this folder on the path, ``made_up`` is a device in every process. As CUDA does, it fails in a process that was
forked from one that has used it. It holds LARGEST bytes, and has no pinned memory.
"""

import os

import numpy as np

LARGEST = 1024**2
_users = []


class Stream:
    def synchronize(self):
        use()


class Module:
    """What PyTorch asks of a device's module, and what is asked of it by those who measure."""

    current_stream = staticmethod(lambda device=None: use() or Stream())
    synchronize = staticmethod(lambda device=None: use())
    is_available = staticmethod(lambda: True)
    is_initialized = staticmethod(lambda: True)
    _is_in_bad_fork = staticmethod(lambda: False)
    current_device = staticmethod(lambda: 0)
    device_count = staticmethod(lambda: 1)
    manual_seed_all = staticmethod(lambda seed: None)
    get_amp_supported_dtype = staticmethod(lambda: [])
    empty_cache = staticmethod(lambda: use())


def use():
    """Use the device, which only the first process that does can."""
    if not _users:
        _users.append(os.getpid())
    if _users[0] != os.getpid():
        raise RuntimeError("cannot re-initialise the made-up device in a forked process")


def register():
    """Make the device known to PyTorch."""
    import torch
    from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

    _setup_privateuseone_for_python_backend("made_up", backend_module=Module())

    class OnDevice(torch.Tensor):
        @staticmethod
        def __new__(cls, values, dtype):
            tensor = torch._C._acc.create_empty_tensor(values.shape, dtype)
            tensor.__class__ = OnDevice
            return tensor

        def __init__(self, values, dtype):
            self.values = values

    def on_device(values, dtype):
        return OnDevice(values, dtype)

    def empty(size, dtype=None, **_):
        use()
        dtype = dtype or torch.get_default_dtype()
        values = np.zeros(tuple(size), torch.empty(0, dtype=dtype).numpy().dtype)
        if values.nbytes > LARGEST:
            raise torch.OutOfMemoryError(f"made_up out of memory. Tried to allocate {values.nbytes} bytes")
        return on_device(values, dtype)

    def copy(source, destination, non_blocking=False):
        use()
        values = source.values if isinstance(source, OnDevice) else source.numpy()
        if isinstance(destination, OnDevice):
            destination.values[...] = values
        else:
            destination.numpy()[...] = values
        return destination

    def sliced(tensor, size, stride, storage_offset=None):
        step = stride[0] if len(stride) else 1
        first = storage_offset or 0
        return on_device(
            tensor.values[first : first + size[0] * step : step] if len(size) else tensor.values, tensor.dtype
        )

    kernels = {
        "empty.memory_format": lambda size, **words: empty(size, **words),
        "empty_strided": lambda size, stride, **words: empty(size, **words),
        "_copy_from": copy,
        "detach": lambda tensor: on_device(tensor.values, tensor.dtype),
        "alias": lambda tensor: on_device(tensor.values, tensor.dtype),
        "as_strided": sliced,
        "slice.Tensor": lambda tensor, dim=0, start=None, end=None, step=1: on_device(
            tensor.values[start:end:step], tensor.dtype
        ),
    }
    for name, kernel in kernels.items():
        torch.library.impl(f"aten::{name}", "PrivateUse1")(kernel)
