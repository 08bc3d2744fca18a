package carve.api.param;

import carve.api.tensor.Tensor;
import java.util.Map;

/** Parameters by name, as a part of a model sees them: those under its own prefix. */
@FunctionalInterface
public interface Params {
    /**
     * Returns a parameter.
     *
     * @throws ParamException if there is none of this name
     */
    Tensor get(String name);

    /** Returns the parameters whose names begin with a prefix and a dot, by the rest of their names. */
    default Params under(String prefix) {
        return name -> get(prefix + "." + name);
    }

    /** Returns the parameters in a map. */
    static Params of(Map<String, Tensor> tensors) {
        return name -> {
            Tensor tensor = tensors.get(name);
            if (tensor == null) {
                throw new ParamException("no parameter '%s' among the %d given".formatted(name, tensors.size()));
            }
            return tensor;
        };
    }

    /** Returns parameters of which some are replaced by others of the same names. */
    static Params overlay(Map<String, Tensor> over, Params under) {
        return name -> {
            Tensor tensor = over.get(name);
            return tensor == null ? under.get(name) : tensor;
        };
    }
}
