/** What the README shows of the JUnit extension, as a program of somebody else. */
@org.jspecify.annotations.NullMarked
package org.pop2.example;
