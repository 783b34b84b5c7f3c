#!/bin/sh
# /init of the capture kernel: the raw /proc/vmcore goes to the disk, its size to the console.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "$module"; done < /modules.order 2> /dev/null
echo "VMCORE_SIZE $(wc -c < /proc/vmcore)"
dd if=/proc/vmcore of=/dev/vda bs=1M
sync
echo CAPTURED
poweroff -f
