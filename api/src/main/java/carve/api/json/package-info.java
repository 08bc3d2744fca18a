/** JSON as values: parsing with the place of every error, and printing. */
package carve.api.json;
