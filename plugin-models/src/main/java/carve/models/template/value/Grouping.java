package carve.models.template.value;

/** Separators between groups of a number's digits. */
final class Grouping {
    private Grouping() {}

    /**
     * Returns the digits with separators.
     *
     * @param group how many digits stand together
     * @param room how many characters it shall have at least, by zeros at its beginning
     */
    static String of(String digits, String separator, int group, int room) {
        int end = 0;
        while (end < digits.length() && Character.digit(digits.charAt(end), 16) >= 0 && digits.charAt(end) != 'e') {
            end++;
        }
        String rest = digits.substring(end);
        StringBuilder whole = new StringBuilder(digits.substring(0, end));
        while (grouped(whole.length(), group) + rest.length() < room) {
            whole.insert(0, '0');
        }
        for (int at = whole.length() - group; at > 0; at -= group) {
            whole.insert(at, separator);
        }
        return whole + rest;
    }

    private static int grouped(int digits, int group) {
        return digits + (digits - 1) / group;
    }
}
