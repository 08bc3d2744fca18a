package carve.app.report;

import java.util.Locale;

/** Writes amounts for people. */
public final class HumanReadable {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    private HumanReadable() {}

    /** Returns a number with commas, such as {@code 2,606,327,808}. */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** Returns a number of bytes, such as {@code 16 MiB} or {@code 1.5 GiB}. */
    public static String bytes(long bytes) {
        double amount = bytes;
        int unit = 0;
        while (amount >= 1024 && unit < UNITS.length - 1) {
            amount /= 1024;
            unit++;
        }
        String number = amount == Math.rint(amount) || amount >= 100
                ? String.format(Locale.ROOT, "%.0f", amount)
                : String.format(Locale.ROOT, amount >= 10 ? "%.1f" : "%.2f", amount);
        return number + " " + UNITS[unit];
    }

    /** Returns a time, such as {@code 4.2 s}, {@code 3 min 05 s} or {@code 2 h 10 min}. */
    public static String time(double seconds) {
        if (seconds < 60) {
            return String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole / 60 % 60);
    }

    /** Returns a share in percent, such as {@code 97.5 %}. */
    public static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}
