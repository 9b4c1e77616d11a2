"""An initramfs of somebody's own, made in kernel A of the rehearsal machine, for kernel B to start."""

from stage import Stage

PLACE = "/root/own.cpio.gz"
GREETING = "This is an initramfs of my own"

_MAKE = """set -e
rm -rf /tmp/own && mkdir -p /tmp/own/bin && cd /tmp/own
cp /bin/busybox bin/busybox && ln -s busybox bin/sh
cat >init <<'END'
#!/bin/sh
exec </dev/console >/dev/console 2>&1
echo "{greeting}"
{then}
END
chmod 755 init
find . | busybox cpio -o -H newc | gzip -1 >{place}
"""


def make(stage: Stage, then: str) -> None:
    """Make it. then: what its init does, in the shell's words. The machine must have kjtui.aside=1."""
    stage.shell.must(_MAKE.format(greeting=GREETING, then=then, place=PLACE))
