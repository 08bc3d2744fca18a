package carve.models.template.render;

import carve.models.template.value.Budget;
import carve.models.template.value.TextBuilder;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** Python's {@code datetime.strftime} of a time without zone, in the C locale, with the flags of the GNU C library. */
final class Strftime {
    private static final String FLAGS = "-_0^#";
    private static final int MAX_WIDTH_DIGITS = 4;

    private final LocalDateTime time;
    private final Budget budget;

    private Strftime(LocalDateTime time, Budget budget) {
        this.time = time;
        this.budget = budget;
    }

    static String format(String format, LocalDateTime time, Budget budget) {
        return new Strftime(time, budget).formatted(format);
    }

    private String formatted(String format) {
        TextBuilder out = new TextBuilder(budget);
        int at = 0;
        while (at < format.length()) {
            int start = at;
            char c = format.charAt(at++);
            if (c != '%') {
                out.append(String.valueOf(c));
                continue;
            }
            int flags = at;
            while (at < format.length() && FLAGS.indexOf(format.charAt(at)) >= 0) {
                at++;
            }
            int width = at;
            while (at < format.length() && at - width < MAX_WIDTH_DIGITS && Character.isDigit(format.charAt(at))) {
                at++;
            }
            Field field = at < format.length() ? field(format.charAt(at++)) : Field.UNKNOWN;
            if (field == Field.UNKNOWN) {
                out.append(format.substring(start, at));
                continue;
            }
            int minimum = width == at - 1 ? -1 : Integer.parseInt(format.substring(width, at - 1));
            out.append(field.text(format.substring(flags, width), minimum));
        }
        return out.toString();
    }

    /** A text, or a number that is padded to a width. */
    private record Field(String value, int width, char padding) {
        static final Field UNKNOWN = new Field("", -1, ' ');

        static Field number(long value, int width) {
            return new Field(Long.toString(value), width, '0');
        }

        static Field blankPadded(long value) {
            return new Field(Long.toString(value), 2, ' ');
        }

        static Field text(String value) {
            return new Field(value, 0, ' ');
        }

        String text(String flags, int minimum) {
            char pad = padding;
            boolean padded = true;
            String shown = value;
            for (char flag : flags.toCharArray()) {
                switch (flag) {
                    case '-' -> padded = false;
                    case '_' -> pad = ' ';
                    case '0' -> pad = '0';
                    default -> shown = shown.toUpperCase(Locale.ROOT);
                }
            }
            int wanted = minimum >= 0 ? minimum : padded ? width : 0;
            return String.valueOf(pad).repeat(Math.max(0, wanted - shown.length())) + shown;
        }
    }

    private Field field(char directive) {
        int hour12 = time.get(ChronoField.CLOCK_HOUR_OF_AMPM);
        int weekday = time.getDayOfWeek().getValue();
        return switch (directive) {
            case 'a' -> Field.text(time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH));
            case 'A' -> Field.text(time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
            case 'b', 'h' -> Field.text(month(TextStyle.SHORT));
            case 'B' -> Field.text(month(TextStyle.FULL));
            case 'c' -> Field.text(formatted("%a %b %e %H:%M:%S %Y"));
            case 'C' -> Field.number(time.getYear() / 100, 2);
            case 'd' -> Field.number(time.getDayOfMonth(), 2);
            case 'D', 'x' -> Field.text(formatted("%m/%d/%y"));
            case 'e' -> Field.blankPadded(time.getDayOfMonth());
            case 'f' -> Field.number(time.getNano() / 1000, 6);
            case 'F' -> Field.text(formatted("%Y-%m-%d"));
            case 'g' -> Field.number(time.get(IsoFields.WEEK_BASED_YEAR) % 100, 2);
            case 'G' -> Field.number(time.get(IsoFields.WEEK_BASED_YEAR), 0);
            case 'H' -> Field.number(time.getHour(), 2);
            case 'I' -> Field.number(hour12, 2);
            case 'j' -> Field.number(time.getDayOfYear(), 3);
            case 'k' -> Field.blankPadded(time.getHour());
            case 'l' -> Field.blankPadded(hour12);
            case 'm' -> Field.number(time.getMonthValue(), 2);
            case 'M' -> Field.number(time.getMinute(), 2);
            case 'n' -> Field.text("\n");
            case 'p' -> Field.text(time.getHour() < 12 ? "AM" : "PM");
            case 'P' -> Field.text(time.getHour() < 12 ? "am" : "pm");
            case 'r' -> Field.text(formatted("%I:%M:%S %p"));
            case 'R' -> Field.text(formatted("%H:%M"));
            case 's' -> Field.number(time.toEpochSecond(ZoneOffset.UTC), 0);
            case 'S' -> Field.number(time.getSecond(), 2);
            case 't' -> Field.text("\t");
            case 'T', 'X' -> Field.text(formatted("%H:%M:%S"));
            case 'u' -> Field.number(weekday, 0);
            case 'U' -> Field.number((time.getDayOfYear() + 6 - weekday % 7) / 7, 2);
            case 'V' -> Field.number(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2);
            case 'w' -> Field.number(weekday % 7, 0);
            case 'W' -> Field.number((time.getDayOfYear() + 6 - (weekday + 6) % 7) / 7, 2);
            case 'y' -> Field.number(time.getYear() % 100, 2);
            case 'Y' -> Field.number(time.getYear(), 0);
            case 'z', 'Z' -> Field.text("");
            case '%' -> Field.text("%");
            default -> Field.UNKNOWN;
        };
    }

    private String month(TextStyle style) {
        return time.getMonth().getDisplayName(style, Locale.ENGLISH);
    }
}
