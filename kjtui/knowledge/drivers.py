"""Drivers that do not go to sleep or do not wake, as far as that is known.

A jump calls every driver's freeze and thaw functions, as the kernel's hibernation does. Here stand the
drivers whose source, or whose maker, says that this fails; whoever is not here is not known to fail.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """What is known of a driver.

    refuses: it never lets itself be put to sleep, so that every jump is refused. called: the device, for
    people. trouble and cure: plain sentences, together at most three lines each. source: where it is written.
    """

    called: str
    refuses: bool
    trouble: str
    cure: str
    source: str


_NVIDIA = Known(
    "NVIDIA's own driver",
    refuses=False,
    trouble=(
        "It expects to be told of the sleep by a service (nvidia-hibernate) that a jump does not start. Then "
        "it may refuse, or windows may be broken afterwards."
    ),
    cure=(
        "Save your work and go on: a refusal does no harm. Surest: leave the desktop first (systemctl "
        "isolate multi-user.target), then modprobe -r nvidia_drm nvidia_modeset nvidia_uvm nvidia"
    ),
    source="NVIDIA's README, Configuring Power Management Support (NVreg_PreserveVideoMemoryAllocations)",
)
_VMWARE = Known(
    "VMware's graphics",
    refuses=False,
    trouble="It refuses to sleep while a program draws in three dimensions, as most desktops do.",
    cure=(
        "Leave the desktop first (systemctl isolate multi-user.target), or switch off 3D acceleration in the "
        "virtual machine's settings. A refusal does no harm."
    ),
    source="vmw_pm_freeze in drivers/gpu/drm/vmwgfx/vmwgfx_drv.c",
)
_VIRTIO_GPU = Known(
    "QEMU's virtio-gpu",
    refuses=False,
    trouble=(
        "Its driver does not set the device up again after a sleep (it has no restore function): the screen "
        "stays dark afterwards, and programs that draw on it may hang."
    ),
    cure=(
        "Give the virtual machine another screen (QEMU: -vga std or -vga qxl), or work over a serial line or "
        "ssh, where nothing draws. Save your work."
    ),
    source="drivers/gpu/drm/virtio/virtgpu_drv.c, virtio_device_restore in drivers/virtio/virtio.c",
)

# By the name of the driver in /sys.
GRAPHICS: Mapping[str, Known] = {
    "nvidia": _NVIDIA,
    "vmwgfx": _VMWARE,
    "virtio_gpu": _VIRTIO_GPU,
    "virtio-gpu": _VIRTIO_GPU,
    "virtio-pci": _VIRTIO_GPU,
}

_HPSA = Known(
    "HP Smart Array (hpsa)",
    refuses=True,
    trouble="This disk controller's driver answers every sleep with an error (ENOSYS): the jump is refused.",
    cure=(
        "No setting changes that. If none of its disks is in use: modprobe -r hpsa. Otherwise use a machine "
        "with another controller."
    ),
    source="hpsa_suspend in drivers/scsi/hpsa.c",
)
_QEDE = Known(
    "QLogic FastLinQ network (qede)",
    refuses=True,
    trouble="This network card's driver says that it cannot sleep (EOPNOTSUPP), so the jump is refused.",
    cure="Unload it for the time of the jump if you can do without this network: modprobe -r qedr qede",
    source="qede_suspend in drivers/net/ethernet/qlogic/qede/qede_main.c",
)
_VFIO = Known(
    "devices lent to virtual machines (vfio-pci)",
    refuses=False,
    trouble=(
        "A device that belongs to a virtual machine is not put to sleep: it may go on writing to the memory "
        "that kernel B has borrowed."
    ),
    cure="Shut those virtual machines down before the jump. Go on if none is running.",
    source="vfio_pci_core_pm_ops in drivers/vfio/pci/vfio_pci_core.c (no freeze function)",
)

_VIRTIOFS = Known(
    "virtiofs, shares of the host",
    refuses=True,
    trouble="Its driver refuses every sleep (EOPNOTSUPP), also while none of its shares is mounted.",
    cure="Unmount its shares, then unload it for the time of the jump: modprobe -r virtiofs",
    source="virtio_fs_freeze in fs/fuse/virtio_fs.c",
)

# By the name of the module; a network interface names its driver the same way.
MODULES: Mapping[str, Known] = {"hpsa": _HPSA, "qede": _QEDE, "vfio_pci": _VFIO, "virtiofs": _VIRTIOFS}
