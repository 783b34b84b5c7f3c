/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * oops_demo: a kernel module with faults on order, for making test dumps.
 * Writing a word to /proc/oops_demo does what it says:
 *   warn   a WARN (taint W)
 *   lock   wait, in D state, for the mutex that the oops_holder thread sleeps with
 *   crash  dereference a NULL pointer, a few calls deep
 * Builds for 5.10 to 7.x.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/workqueue.h>

struct demo_stats {
	u64 writes;
	u64 bytes;
	u64 errors;
};

struct demo_session {
	struct list_head link;
	int id;
	char name[24];
	struct demo_stats *stats; /* NULL in the session that "crash" uses */
};

/* keep the calls as written: a back-trace with these names is what the dumps are for */
#define as_written __attribute__((__noipa__))

static DEFINE_MUTEX(demo_lock);
static LIST_HEAD(demo_sessions);
static struct kmem_cache *demo_cache;
static struct workqueue_struct *demo_wq;
static struct task_struct *holder, *waiter;
static DECLARE_COMPLETION(holder_has_it);
static DECLARE_COMPLETION(work_may_end);
static struct timer_list demo_timer;
static unsigned long demo_ticks;
static int sessions = 12;
module_param(sessions, int, 0444);
MODULE_PARM_DESC(sessions, "number of demo sessions");

static void demo_tick(struct timer_list *timer)
{
	demo_ticks++;
	mod_timer(&demo_timer, jiffies + HZ);
}

static void demo_slow_work(struct work_struct *work)
{
	wait_for_completion_interruptible(&work_may_end);
}
static DECLARE_WORK(slow_work, demo_slow_work);

static void demo_later(struct work_struct *work)
{
	pr_info("oops_demo: later has come\n");
}
static DECLARE_DELAYED_WORK(later_work, demo_later);

static int demo_holder(void *unused)
{
	mutex_lock(&demo_lock);
	complete(&holder_has_it);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ * 60);
	mutex_unlock(&demo_lock);
	return 0;
}

static as_written void demo_take_lock(const char *who)
{
	mutex_lock(&demo_lock);
	pr_info("oops_demo: %s has the lock\n", who);
	mutex_unlock(&demo_lock);
}

static int demo_waiter(void *unused)
{
	wait_for_completion(&holder_has_it);
	demo_take_lock("oops_waiter");
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ * 60);
	return 0;
}

static as_written void demo_account(struct demo_session *session, size_t bytes)
{
	session->stats->errors += bytes; /* stats is NULL: faults at offset 16 */
	barrier();
}

static as_written int demo_flush(struct demo_session *session, size_t bytes)
{
	demo_account(session, bytes);
	return session->id;
}

static as_written void demo_warn(struct demo_session *session)
{
	WARN(session->id >= 0, "oops_demo: session %d (%s) was never flushed\n", session->id, session->name);
}

static ssize_t demo_write(struct file *file, const char __user *buffer, size_t count, loff_t *at)
{
	struct demo_session *last = list_last_entry(&demo_sessions, struct demo_session, link);
	char word[16] = { 0 };

	if (count >= sizeof(word))
		return -EINVAL;
	if (copy_from_user(word, buffer, count))
		return -EFAULT;
	if (!strncmp(word, "warn", 4))
		demo_warn(last);
	else if (!strncmp(word, "lock", 4))
		demo_take_lock(current->comm);
	else if (!strncmp(word, "crash", 5))
		return demo_flush(last, count) ? count : 0;
	else
		return -EINVAL;
	return count;
}

static const struct proc_ops demo_ops = { .proc_write = demo_write };

static int __init demo_init(void)
{
	int i;

	demo_cache = kmem_cache_create("oops_demo_session", sizeof(struct demo_session), 0,
				       SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT, NULL);
	if (!demo_cache)
		return -ENOMEM;
	for (i = 0; i < sessions; i++) {
		struct demo_session *session = kmem_cache_zalloc(demo_cache, GFP_KERNEL);

		if (!session)
			return -ENOMEM;
		session->id = i;
		snprintf(session->name, sizeof(session->name), "session-%02d", i);
		if (i != sessions - 1)
			session->stats = kzalloc(sizeof(*session->stats), GFP_KERNEL);
		list_add_tail(&session->link, &demo_sessions);
	}
	demo_wq = alloc_workqueue("oops_demo", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!demo_wq)
		return -ENOMEM;
	queue_work(demo_wq, &slow_work);
	queue_delayed_work(demo_wq, &later_work, 3600 * HZ);
	timer_setup(&demo_timer, demo_tick, 0);
	mod_timer(&demo_timer, jiffies + HZ);
	holder = kthread_run(demo_holder, NULL, "oops_holder");
	waiter = kthread_run(demo_waiter, NULL, "oops_waiter");
	if (!proc_create("oops_demo", 0200, NULL, &demo_ops))
		return -ENOMEM;
	pr_info("oops_demo: %d sessions\n", sessions);
	return 0;
}
/* No exit: a machine that loaded this only leaves it by a panic. */
module_init(demo_init);

MODULE_DESCRIPTION("Faults on order, for test dumps");
MODULE_AUTHOR("Oopscope");
MODULE_VERSION("1.0");
MODULE_LICENSE("Dual BSD/GPL");
