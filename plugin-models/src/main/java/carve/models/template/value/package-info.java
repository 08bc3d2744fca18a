/**
 * Values of templates and what Python does with them: truth, text, arithmetic, order, slices, methods and formats.
 *
 * <p>A {@link carve.models.template.value.Value} is one of Python's types. Operations that can make much of little count against a
 * {@link carve.models.template.value.Budget}; errors are {@link carve.models.template.value.PythonException}s with the texts of CPython 3.11.
 */
package carve.models.template.value;
