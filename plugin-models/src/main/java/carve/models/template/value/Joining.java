package carve.models.template.value;

import java.util.List;

/** The joining of texts. */
public final class Joining {
    private Joining() {}

    /**
     * Returns the parts with a separator between them.
     *
     * @throws PythonException if that is too long
     */
    public static String joined(String separator, List<String> parts, Budget budget) {
        TextBuilder out = new TextBuilder(budget);
        for (int i = 0; i < parts.size(); i++) {
            out.append(i == 0 ? "" : separator).append(parts.get(i));
        }
        return out.toString();
    }
}
