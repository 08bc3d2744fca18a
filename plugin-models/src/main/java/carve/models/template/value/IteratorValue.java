package carve.models.template.value;

import java.util.Iterator;

/** A Python iterator, such as a generator: its items come once. Equal only to itself. */
public final class IteratorValue implements Value {
    private final String typeName;
    private final String repr;
    private final Iterator<Value> items;
    private final int nesting;

    /**
     * Makes an iterator.
     *
     * @param typeName the Python type
     * @param repr what it is printed as
     * @param source what the items are made from
     * @throws PythonException if iterators are nested too deep in one another
     */
    public IteratorValue(String typeName, String repr, Value source, Iterator<Value> items) {
        this.typeName = typeName;
        this.repr = repr;
        this.items = items;
        this.nesting = Nesting.around(source.nesting());
    }

    /** Returns a generator of a function of Jinja's. */
    public static IteratorValue generator(String function, Value source, Iterator<Value> items) {
        return new IteratorValue("generator", "<generator object " + function + " at 0x0>", source, items);
    }

    /** Returns the items that are left; there is one such iterator, which advances this one. */
    public Iterator<Value> items() {
        return items;
    }

    /** Returns what it is printed as. */
    public String repr() {
        return repr;
    }

    @Override
    public String typeName() {
        return typeName;
    }

    @Override
    public boolean truth() {
        return true;
    }

    @Override
    public int nesting() {
        return nesting;
    }
}
