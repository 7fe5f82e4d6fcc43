/** Storages with one fault each: the contract must notice every one of them. */
@NullMarked
package org.pop2.storage.tck.broken;

import org.jspecify.annotations.NullMarked;
