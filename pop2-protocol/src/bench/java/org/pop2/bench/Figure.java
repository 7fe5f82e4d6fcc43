package org.pop2.bench;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Which figure of a benchmark counts, and what is wanted of it. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Figure {
    /** What is measured, in words. */
    String value();

    /**
     * The counter ({@code @AuxCounters}) that is the figure; empty: time or throughput as JMH gives it. A rate of
     * {@code octets} is shown in GB/s.
     */
    String counter() default "";

    /** Unit of a counter that counts events; empty: JMH's. */
    String unit() default "";

    /** The figure is to be no less, in the unit that is shown. */
    double atLeast() default Double.NaN;

    /** The figure is to be no more, in the unit that is shown. */
    double atMost() default Double.NaN;

    /** Another method of the class: {@link #atLeast} and {@link #atMost} are multiples of its figure. */
    String relativeTo() default "";
}
