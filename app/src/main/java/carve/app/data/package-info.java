/** Data sets that {@code carve data} makes. */
package carve.app.data;
