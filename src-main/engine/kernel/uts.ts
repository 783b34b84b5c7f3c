import type { Program } from '../program/program.ts';

/** `uname` of the initial namespace. */
export interface Utsname {
  readonly sysname: string;
  readonly nodename: string;
  readonly release: string;
  readonly version: string;
  readonly machine: string;
  readonly domainname: string;
}

/** @throws FaultError @source include/linux/utsname.h `struct uts_namespace` */
export function readUtsname(program: Program): Utsname {
  const name = program.global('init_uts_ns', 'struct uts_namespace').member('name');
  const text = (member: keyof Utsname): string => name.member(member).text();
  return {
    sysname: text('sysname'),
    nodename: text('nodename'),
    release: text('release'),
    version: text('version'),
    machine: text('machine'),
    domainname: text('domainname'),
  };
}

/** TSC or boot-time CPU frequency in MHz. @throws FaultError @source arch/x86/kernel/tsc.c `cpu_khz` */
export function processorMhz(program: Program): number {
  return Math.floor(program.global('cpu_khz', 'unsigned int').number() / 1000);
}
