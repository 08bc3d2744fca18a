package carve.models.template.value;

/** A value of a template, of one of Python's types. */
public sealed interface Value
        permits NoneValue,
                BooleanValue,
                IntegerValue,
                FloatValue,
                StringValue,
                SequenceValue,
                SliceValue,
                DictValue,
                DictView,
                IteratorValue,
                UndefinedValue,
                ObjectValue {

    /** Returns the name of the Python type, such as {@code str}. */
    String typeName();

    /** Returns whether Python takes the value for true. */
    boolean truth();

    /** Returns how deep containers are nested in the value; 0 for what contains nothing. */
    default int nesting() {
        return 0;
    }
}
