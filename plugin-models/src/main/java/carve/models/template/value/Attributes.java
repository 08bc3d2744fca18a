package carve.models.template.value;

import java.util.Optional;
import java.util.Set;

/** Attributes and items of values, as Jinja's immutable sandbox gives them. */
public final class Attributes {
    private static final Set<String> DICT_CHANGES = Set.of("clear", "pop", "popitem", "setdefault", "update");
    private static final Set<String> LIST_CHANGES =
            Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");
    private static final Set<String> OBJECT_INTERNALS = Set.of(
            "__class__",
            "__delattr__",
            "__dir__",
            "__doc__",
            "__eq__",
            "__format__",
            "__ge__",
            "__getattribute__",
            "__getstate__",
            "__gt__",
            "__hash__",
            "__init__",
            "__init_subclass__",
            "__le__",
            "__lt__",
            "__ne__",
            "__new__",
            "__reduce__",
            "__reduce_ex__",
            "__repr__",
            "__setattr__",
            "__sizeof__",
            "__str__",
            "__subclasshook__");
    private static final Set<String> CONTAINER_INTERNALS = Set.of("__contains__", "__getitem__", "__iter__", "__len__");

    private final StringMethods strings;
    private final ContainerMethods containers;

    /** Makes the attributes of a rendering. */
    public Attributes(Budget budget) {
        this.strings = new StringMethods(this, budget);
        this.containers = new ContainerMethods(budget);
    }

    /**
     * Returns {@code object.name}: the attribute, else the item, else undefined.
     *
     * @throws PythonException if the object is undefined
     */
    public Value attribute(Value object, String name) {
        requireDefined(object);
        if (isUnsafe(object, name)) {
            return UndefinedValue.unsafe(object, name);
        }
        return find(object, name)
                .or(() -> Subscript.item(object, StringValue.of(name)))
                .orElseGet(() -> UndefinedValue.member(object, StringValue.of(name)));
    }

    /**
     * Returns {@code object[index]}: the item, else the attribute of this name, else undefined.
     *
     * @throws PythonException if the object is undefined
     */
    public Value item(Value object, Value index) {
        Optional<Value> item = Subscript.item(object, index);
        if (item.isPresent()) {
            return item.get();
        }
        if (index instanceof StringValue name) {
            return isUnsafe(object, name.text())
                    ? UndefinedValue.unsafe(object, name.text())
                    : find(object, name.text()).orElseGet(() -> UndefinedValue.member(object, index));
        }
        return UndefinedValue.member(object, index);
    }

    /** Returns whether an object has an attribute of this name, safe or not; items do not count. */
    public boolean has(Value object, String name) {
        requireDefined(object);
        return isUnsafe(object, name) || find(object, name).isPresent();
    }

    private static void requireDefined(Value object) {
        if (object instanceof UndefinedValue undefined) {
            throw undefined.failure();
        }
    }

    private static boolean isUnsafe(Value object, String name) {
        return switch (object) {
            case DictValue dict when DICT_CHANGES.contains(name) -> true;
            case ListValue list when LIST_CHANGES.contains(name) -> true;
            default ->
                OBJECT_INTERNALS.contains(name) || CONTAINER_INTERNALS.contains(name) && Iteration.hasLength(object);
        };
    }

    private Optional<Value> find(Value object, String name) {
        return switch (object) {
            case StringValue s -> strings.method(s, name);
            case DictValue dict -> containers.method(dict, name);
            case ListValue list -> containers.method(list, name);
            case TupleValue tuple -> containers.item(tuple, name).or(() -> containers.method(tuple, name));
            case RangeValue range -> containers.method(range, name);
            case IntegerValue integer -> NumberAttributes.ofInteger(integer, name);
            case BooleanValue bool -> NumberAttributes.ofInteger(new IntegerValue(Numbers.integer(bool)), name);
            case FloatValue real -> NumberAttributes.ofFloat(real, name);
            case ObjectValue o -> o.attribute(name);
            default -> Optional.empty();
        };
    }
}
