package carve.cpu.thread;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A few daemon threads that share the tasks of one kernel with the thread that calls it.
 *
 * <p>Tasks are numbered and independent, so results do not depend on who runs which: the same bits come out with any
 * number of threads. Idle workers spin for some microseconds, because kernels follow each other closely, and then park.
 * Called by one thread at a time; a task must not call {@link #parallelFor}.
 */
public final class ThreadPool implements AutoCloseable {
    private static final int SPINS = 4_000;

    /** The body of a parallel loop. */
    @FunctionalInterface
    public interface Task {
        /** Runs one task with the scratch memory of its thread, inside a frame that is closed when the task ends. */
        void run(int task, Scratchpad scratchpad);
    }

    private final Worker[] workers;
    private final Scratchpad scratchpad = new Scratchpad();
    private volatile Job current;
    private volatile boolean closed;
    private int maxThreads; // of the caller's thread

    /** Makes a pool that works with this many threads, the caller's included. */
    public ThreadPool(int threads) {
        workers = new Worker[Math.max(threads, 1) - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker("carve-cpu-" + (i + 1));
            workers[i].start();
        }
        maxThreads = threads();
    }

    /** Returns the number of threads, the caller's included. */
    public int threads() {
        return workers.length + 1;
    }

    /** Has at most so many threads work, the caller's included, until it is said otherwise. */
    public void limitThreads(int threads) {
        maxThreads = Math.max(1, threads);
    }

    /** Returns the scratch memory of the calling thread, which asks for it inside a frame of its own. */
    public Scratchpad scratch() {
        return scratchpad;
    }

    /** Runs the tasks {@code 0 <= task < tasks} and returns when all are done. */
    public void parallelFor(int tasks, Task work) {
        if (tasks <= 1 || workers.length == 0 || maxThreads == 1) {
            runOnCaller(tasks, work);
            return;
        }
        Job job = new Job(tasks, work, Thread.currentThread());
        current = job;
        int helpers = Math.min(Math.min(tasks, maxThreads) - 1, workers.length);
        for (int i = 0; i < helpers; i++) {
            if (workers[i].parked) {
                LockSupport.unpark(workers[i]);
            }
        }
        job.runTasks(scratchpad);
        job.await();
    }

    /** Runs the tasks on the calling thread if {@code small}, else on all. */
    public void parallelFor(boolean small, int tasks, Task work) {
        if (small) {
            runOnCaller(tasks, work);
        } else {
            parallelFor(tasks, work);
        }
    }

    private void runOnCaller(int tasks, Task work) {
        for (int task = 0; task < tasks; task++) {
            run(work, task, scratchpad);
        }
    }

    private static void run(Task work, int task, Scratchpad scratchpad) {
        try (var _ = scratchpad.frame()) {
            work.run(task, scratchpad);
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
        private final Task work;
        private final Thread caller;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger left;
        private volatile Throwable failure;
        private volatile boolean waiting;

        Job(int tasks, Task work, Thread caller) {
            this.tasks = tasks;
            this.work = work;
            this.caller = caller;
            this.left = new AtomicInteger(tasks);
        }

        void runTasks(Scratchpad scratchpad) {
            int done = 0;
            for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
                try {
                    ThreadPool.run(work, task, scratchpad);
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
        private final Scratchpad own = new Scratchpad();
        private volatile boolean parked;

        Worker(String name) {
            super(name);
            setDaemon(true);
        }

        @Override
        public void run() {
            Job last = null;
            while (!closed) {
                Job job = awaitNextJob(last);
                if (job != null && job != last) {
                    job.runTasks(own);
                    last = job;
                }
            }
        }

        private Job awaitNextJob(Job last) {
            for (int spin = 0; spin < SPINS; spin++) {
                Job job = current;
                if (job != last) {
                    return job;
                }
                Thread.onSpinWait();
            }
            parked = true;
            if (current == last && !closed) {
                LockSupport.park(ThreadPool.this);
            }
            parked = false;
            return current;
        }
    }
}
