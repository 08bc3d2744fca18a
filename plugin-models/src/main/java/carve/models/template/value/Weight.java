package carve.models.template.value;

/** The cost of walking through values. */
final class Weight {
    private static final int CHARACTERS_PER_STEP = 64;

    private Weight() {}

    /**
     * Counts the comparison of two values, which may meet each of their items.
     *
     * @throws PythonException if the rendering takes too many steps
     */
    static void charge(Value left, Value right, Budget budget) {
        if (left != right && left.getClass() == right.getClass()) {
            charge(left, budget);
        }
    }

    private static void charge(Value value, Budget budget) {
        switch (value) {
            case StringValue s -> budget.spend(s.text().length() / CHARACTERS_PER_STEP);
            case RangeValue range -> budget.spend(range.count());
            case SequenceValue sequence -> {
                budget.spend(sequence.items().size());
                for (Value item : sequence.items()) {
                    charge(item, budget);
                }
            }
            case DictValue dict -> {
                budget.spend(dict.items().size());
                for (DictValue.Item item : dict.items()) {
                    charge(item.value(), budget);
                }
            }
            case DictView view -> {
                long size = view.dict().items().size();
                budget.spend(size * size);
                charge(view.dict(), budget);
            }
            default -> budget.spend(1);
        }
    }
}
