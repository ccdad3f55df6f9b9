// Package odata serves entity sets as a small, read-only subset of OData 4.0:
// $metadata, $top, $skip, $count, $select, $filter and $orderby, JSON with minimal
// metadata, and server-driven paging by @odata.nextLink. In $filter: eq ne gt ge lt le,
// and, or, not, parentheses, contains, startswith, endswith; literals are strings,
// numbers, booleans, dates, points in time and null. What OData has beyond that is
// answered 501 and named; what is wrong in OData itself is answered 400.
//
// A set whose rows come and go hands them out one by one (Set.Each); its pages follow one
// another by key, not by count.
//
// It imports the standard library only and knows neither where rows come from nor who
// may see them. It must never ignore a system query option it does not support: that
// would give wrong rows that look right.
package odata
