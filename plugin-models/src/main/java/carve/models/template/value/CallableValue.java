package carve.models.template.value;

/** An object that can be called. */
public interface CallableValue extends ObjectValue {

    /**
     * Returns the result of a call.
     *
     * @throws PythonException if the arguments do not fit, or the function fails
     */
    Value call(Arguments arguments);
}
