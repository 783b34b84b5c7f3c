#!/bin/sh
# /init of the machine that will crash.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "$module"; done < /modules.order 2> /dev/null
mount -t tmpfs -o size=8m tmp /tmp
mount -t tmpfs -o mode=755 run /run
mount -t cgroup2 none /sys/fs/cgroup 2> /dev/null
losetup /dev/loop0 /root/data.img && mount -t ext4 /dev/loop0 /data
echo demobox > /proc/sys/kernel/hostname
ifconfig lo 127.0.0.1 up
ifconfig eth0 10.0.2.15 up 2> /dev/null
[ -e /modules/oops_demo.ko ] && insmod /modules/oops_demo.ko sessions=12
if [ -e /boot/vmlinuz ]; then
  append="console=ttyS0 irqpoll nr_cpus=1 reset_devices cgroup_disable=memory"
  kexec -p /boot/vmlinuz --initrd=/boot/capture.gz --append="$append" ||
    kexec -s -p /boot/vmlinuz --initrd=/boot/capture.gz --append="$append"
  echo "CRASH_KERNEL_LOADED $(cat /sys/kernel/kexec_crash_loaded)"
fi
# shellcheck disable=SC2046 # two numbers
[ -e /etc/scenario ] && busy $(cat /etc/scenario)
# only reached without the module, or without a scenario
echo "SYSRQ"
echo 1 > /proc/sys/kernel/sysrq
echo c > /proc/sysrq-trigger
