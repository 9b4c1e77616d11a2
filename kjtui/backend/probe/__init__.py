"""Reading the machine: procfs, sysfs, psutil, pyudev."""
