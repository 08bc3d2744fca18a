package carve.api.json;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The place of a value in a document, such as {@code llm_config.layers[3]}. The text is made when a message needs it: made
 * for each value, it would make a long key above many values a quadratic cost.
 */
final class JsonPath {
    /** The place of the outermost value. */
    static final JsonPath ROOT = new JsonPath();

    private static final int MAX_LENGTH = 400;

    private final JsonPath parent;
    private final String key;
    private final int index;

    private JsonPath() {
        this.parent = this;
        this.key = "";
        this.index = -1;
    }

    private JsonPath(JsonPath parent, String key, int index) {
        this.parent = parent;
        this.key = key;
        this.index = index;
    }

    /** Returns the place of a member. */
    JsonPath member(String name) {
        return new JsonPath(this, name, -1);
    }

    /** Returns the place of an item. */
    JsonPath item(int number) {
        return new JsonPath(this, "", number);
    }

    /** Returns the path, cut where it is very long; empty for the outermost value. */
    @Override
    public String toString() {
        Deque<JsonPath> steps = new ArrayDeque<>();
        for (JsonPath step = this; step.parent != step; step = step.parent) {
            steps.push(step);
        }
        StringBuilder text = new StringBuilder();
        for (JsonPath step : steps) {
            if (step.index >= 0) {
                text.append('[').append(step.index).append(']');
            } else {
                text.append(text.isEmpty() ? "" : ".").append(step.key, 0, Math.min(step.key.length(), MAX_LENGTH));
            }
            if (text.length() > MAX_LENGTH) {
                return text.substring(0, MAX_LENGTH) + "...";
            }
        }
        return text.toString();
    }
}
