/**
 * The sentence that says most about the death, and the one beside it. A panic that only follows an
 * oops (`Fatal exception`) says less than the report of the fault; a panic with a reason of its own
 * says more than what led there.
 */
export function verdictOf(
  panic: string | undefined,
  fault: string | undefined,
): readonly [headline: string | undefined, beside: string | undefined] {
  if (panic === undefined || fault === undefined || panic === fault)
    return [panic ?? fault, undefined];
  const onlyFollows = /^Oops: |^Kernel panic - not syncing: Fatal exception/.test(panic);
  return onlyFollows ? [fault, panic] : [panic, fault];
}
