package carve.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A few daemon threads that share the tasks of one kernel with the thread that calls it.
 *
 * <p>Tasks are numbered and independent, so results do not depend on who runs which: the same bits come out with any
 * number of threads. Idle workers spin for some microseconds, because kernels follow each other closely, and then park.
 * Called by one thread at a time; a task must not call {@link #run}.
 */
final class Workers implements AutoCloseable {
    private static final int SPINS = 4_000;

    /** What a kernel does with one task. */
    @FunctionalInterface
    interface Work {
        /** Runs the task with the arrays of the worker that it runs on. */
        void run(int task, Scratch scratch);
    }

    private final Worker[] workers;
    private final Scratch scratch = new Scratch();
    private volatile Job current;
    private volatile boolean closed;
    private int most; // of the caller's thread

    /** Makes a pool that works with this many threads, the caller's included. */
    Workers(int threads) {
        workers = new Worker[Math.max(threads, 1) - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker("carve-cpu-" + (i + 1));
            workers[i].start();
        }
        most = threads();
    }

    /** Returns the number of threads, the caller's included. */
    int threads() {
        return workers.length + 1;
    }

    /** Has at most so many threads work, the caller's included, until it is said otherwise. */
    void use(int threads) {
        most = Math.max(1, threads);
    }

    /** Returns the arrays of the calling thread. */
    Scratch scratch() {
        return scratch;
    }

    /** Runs the tasks {@code 0 <= task < tasks} and returns when all are done. */
    void run(int tasks, Work work) {
        if (tasks <= 1 || workers.length == 0 || most == 1) {
            for (int task = 0; task < tasks; task++) {
                work.run(task, scratch);
            }
            return;
        }
        Job job = new Job(tasks, work, Thread.currentThread());
        current = job;
        int helpers = Math.min(Math.min(tasks, most) - 1, workers.length);
        for (int i = 0; i < helpers; i++) {
            if (workers[i].parked) {
                LockSupport.unpark(workers[i]);
            }
        }
        job.help(scratch);
        job.await();
    }

    /** Runs the tasks on the calling thread if {@code small}, else on all. */
    void run(boolean small, int tasks, Work work) {
        if (small) {
            for (int task = 0; task < tasks; task++) {
                work.run(task, scratch);
            }
        } else {
            run(tasks, work);
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
        }
    }

    private static final class Job {
        private final int tasks;
        private final Work work;
        private final Thread caller;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger left;
        private volatile Throwable failure;
        private volatile boolean waiting;

        Job(int tasks, Work work, Thread caller) {
            this.tasks = tasks;
            this.work = work;
            this.caller = caller;
            this.left = new AtomicInteger(tasks);
        }

        void help(Scratch scratch) {
            int done = 0;
            for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
                try {
                    work.run(task, scratch);
                } catch (RuntimeException | Error e) { // goes on in the caller's thread, see await
                    failure = e;
                }
                done++;
            }
            if (done > 0 && left.addAndGet(-done) == 0 && waiting) {
                LockSupport.unpark(caller);
            }
        }

        void await() {
            for (int spin = 0; left.get() > 0 && spin < SPINS; spin++) {
                Thread.onSpinWait();
            }
            waiting = true;
            while (left.get() > 0) {
                LockSupport.park(this);
            }
            switch (failure) {
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case null, default -> {}
            }
        }
    }

    private final class Worker extends Thread {
        private final Scratch own = new Scratch();
        private volatile boolean parked;

        Worker(String name) {
            super(name);
            setDaemon(true);
        }

        @Override
        public void run() {
            Job last = null;
            while (!closed) {
                Job job = awaitOther(last);
                if (job != null && job != last) {
                    job.help(own);
                    last = job;
                }
            }
        }

        private Job awaitOther(Job last) {
            for (int spin = 0; spin < SPINS; spin++) {
                Job job = current;
                if (job != last) {
                    return job;
                }
                Thread.onSpinWait();
            }
            parked = true;
            if (current == last && !closed) {
                LockSupport.park(Workers.this);
            }
            parked = false;
            return current;
        }
    }
}
