# shellcheck shell=bash
# Other formats of the same memory. Sourced by make.sh.
variants_done() { local v; for v in ${R[variants]}; do [ -e "$1/variant-$v.done" ] || return 1; done; }
make_variants() { :; }
