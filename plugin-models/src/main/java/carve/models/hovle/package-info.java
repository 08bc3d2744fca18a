/** The model family {@code hovle}: HoVLE and mmMamba, in their official layouts. */
package carve.models.hovle;
