/**
 * Packaged servers under hard conditions; long campaigns are each in a Maven profile of its own: see CONTRIBUTING.md.
 */
@NullMarked
package org.pop2.app.campaign;

import org.jspecify.annotations.NullMarked;
