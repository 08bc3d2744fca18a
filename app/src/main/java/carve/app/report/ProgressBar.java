package carve.app.report;

import carve.runtime.progress.Progress;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows how far long work is: a bar that is redrawn where a person looks, a line every ten seconds elsewhere.
 *
 * <p>The rate is that of the last steps, and so is the time that is said to be left. Any thread may call it.
 */
public final class ProgressBar implements Progress.Phase {
    private static final int WIDTH = 24;
    private static final long REDRAW_NANOS = 100_000_000L;
    private static final long LINE_NANOS = 10_000_000_000L;
    private static final double SMOOTHING_SECONDS = 10;

    private final Terminal terminal;
    private final String title;
    private final String unit;
    private final boolean bytes;
    private final LongSupplier nanoTime;
    private final long started;
    private long shown;
    private long lastDone = -1;
    private long lastNanos;
    private double perSecond;
    private boolean open;
    private String detail = "";

    /** Begins work with a title, whose steps are called units; {@link Progress#BYTES} are shown as MiB or GiB. */
    public ProgressBar(Terminal terminal, String title, String unit) {
        this(terminal, title, unit, System::nanoTime);
    }

    ProgressBar(Terminal terminal, String title, String unit, LongSupplier nanoTime) {
        this.terminal = terminal;
        this.title = title;
        this.unit = unit;
        this.bytes = unit.equals(Progress.BYTES);
        this.nanoTime = nanoTime;
        this.started = nanoTime.getAsLong();
        this.lastNanos = started;
        this.shown = started;
    }

    @Override
    public synchronized void step(long done, long total, double loss, double rate) {
        long now = nanoTime.getAsLong();
        measure(done, now);
        boolean last = done >= total;
        long pause = terminal.interactive() ? REDRAW_NANOS : LINE_NANOS;
        if (now - shown < pause && !(last && terminal.interactive())) {
            return;
        }
        shown = now;
        show(line(done, total, loss));
    }

    /** Shows a text after the rate from now on, such as another rate. */
    public synchronized void detail(String text) {
        detail = text;
    }

    private void measure(long done, long now) {
        if (lastDone < 0) {
            // a resumed run begins in the middle; bytes are told before the first of them
            lastDone = bytes ? done : done - 1;
        }
        double seconds = (now - lastNanos) / 1e9;
        if (seconds <= 0 || done <= lastDone) {
            return;
        }
        double current = (done - lastDone) / seconds;
        double elapsed = (now - started) / 1e9;
        double weight = perSecond == 0 ? 1 : 1 - Math.exp(-seconds / Math.min(SMOOTHING_SECONDS, Math.max(1, elapsed)));
        perSecond += weight * (current - perSecond);
        lastDone = done;
        lastNanos = now;
    }

    private String line(long done, long total, double loss) {
        StringBuilder line = new StringBuilder(title).append(' ');
        if (terminal.interactive()) {
            int filled = total == 0 ? WIDTH : (int) Math.min(WIDTH, WIDTH * done / total);
            line.append('[')
                    .append("=".repeat(filled))
                    .append(" ".repeat(WIDTH - filled))
                    .append("] ");
        }
        line.append(amount(done)).append('/').append(amount(total));
        if (!bytes) {
            line.append(' ').append(unit);
        }
        if (perSecond > 0) {
            line.append(String.format(Locale.ROOT, ", %s/s", figure(perSecond)));
        }
        if (loss != 0) {
            line.append(String.format(Locale.ROOT, ", loss %.4g", loss));
        }
        if (!detail.isEmpty()) {
            line.append(", ").append(detail);
        }
        if (perSecond > 0 && done < total) {
            line.append(", ")
                    .append(HumanReadable.time((total - done) / perSecond))
                    .append(" left");
        }
        return line.toString();
    }

    private String amount(long steps) {
        return bytes ? HumanReadable.bytes(steps) : HumanReadable.count(steps);
    }

    private String figure(double rate) {
        if (bytes) {
            return HumanReadable.bytes(Math.round(rate));
        }
        return rate >= 100 ? HumanReadable.count(Math.round(rate)) : String.format(Locale.ROOT, "%.2f", rate);
    }

    private void show(String line) {
        if (terminal.interactive()) {
            terminal.err().print("\r\033[K" + line);
            terminal.err().flush();
            open = true;
        } else {
            terminal.printMessage(line);
        }
    }

    @Override
    public synchronized void message(String line) {
        close();
        terminal.printMessage(line);
    }

    /** Takes the bar away. */
    @Override
    public synchronized void close() {
        if (open) {
            terminal.err().print("\r\033[K");
            terminal.err().flush();
            open = false;
        }
    }
}
