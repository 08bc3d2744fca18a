package carve.models.template.render;

import carve.models.template.value.Arithmetic;
import carve.models.template.value.Attributes;
import carve.models.template.value.Budget;
import carve.models.template.value.Repr;
import carve.models.template.value.Value;

/**
 * Tools of a rendering that filters work with.
 *
 * @param budget of the rendering
 * @param arithmetic the operators
 * @param attributes attributes and items
 * @param filters all filters, for those that apply others
 * @param tests all tests
 */
record FilterTools(Budget budget, Arithmetic arithmetic, Attributes attributes, Filters filters, Tests tests) {
    String str(Value value) {
        return Repr.str(value, budget);
    }
}
