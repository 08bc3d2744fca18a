package carve.api.param;

import carve.api.tensor.Shape;
import java.util.Objects;

/**
 * A parameter that a part of a model asks for.
 *
 * @param name its name, dotted, as in checkpoints: {@code conv1d.weight}
 * @param shape its extents
 * @param init its value where nothing else gives one
 */
public record ParamSpec(String name, Shape shape, Init init) {
    /** Checks that all are there. */
    public ParamSpec {
        Objects.requireNonNull(shape, "shape");
        Objects.requireNonNull(init, "init");
        if (name.isBlank()) {
            throw new IllegalArgumentException("a parameter needs a name");
        }
    }

    /** Returns the same parameter with a prefix and a dot before its name. */
    public ParamSpec under(String prefix) {
        return new ParamSpec(prefix + "." + name, shape, init);
    }
}
