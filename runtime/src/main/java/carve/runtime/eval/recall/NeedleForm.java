package carve.runtime.eval.recall;

/**
 * The forms of a needle task, as {@code synthetic.yaml} of RULER has them.
 *
 * @param taskName the name of the task
 * @param haystack what needles are hidden in
 * @param key the kind of keys
 * @param value the kind of values
 * @param keys how many keys are hidden
 * @param values how many values each key has
 * @param queries how many keys are asked for
 */
record NeedleForm(String taskName, Hay haystack, Needle key, Needle value, int keys, int values, int queries) {
    /** The kinds of texts that needles are hidden in. */
    enum Hay {
        /** One line again and again. */
        NOISE,
        /** Other needles. */
        NEEDLES,
        /** A text. */
        ESSAY
    }

    int needles() {
        return keys * values;
    }

    int answers() {
        return queries * values;
    }

    /** Returns whether one needle holds the answer, which then has one depth. */
    boolean hasDepth() {
        return answers() == 1;
    }
}
