namespace Tenants.Engine.Queries.Text;

/// <summary>
/// Names that may stand before a parenthesis in a statement that only reads: keywords, types, and the common functions of
/// PostgreSQL's own. A list that lacks one costs a round trip, no more; one of them made anew to write is stopped by the server.
/// </summary>
internal static class HarmlessNames
{
    private static readonly HashSet<string> s_harmless = new(StringComparer.OrdinalIgnoreCase)
    {
        "select", "from", "where", "and", "or", "not", "in", "any", "all", "some", "exists", "as", "on", "using", "over", "filter", "group", "by",
        "having", "values", "union", "except", "intersect", "distinct", "when", "then", "else", "case", "between", "like", "ilike", "is", "join",
        "lateral", "limit", "offset", "order", "with", "materialized", "recursive", "explain", "array", "row", "rollup", "cube", "sets", "window", "interval",
        "numeric", "decimal", "varchar", "char", "character", "varying", "bit", "timestamp", "timestamptz", "time", "float",
        "count", "sum", "avg", "min", "max", "array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "bool_and", "bool_or", "every",
        "row_number", "rank", "dense_rank", "lag", "lead", "first_value", "last_value", "ntile", "percentile_cont", "percentile_disc", "mode", "stddev", "variance",
        "coalesce", "nullif", "greatest", "least", "cast", "extract", "date_part", "date_trunc", "date_bin", "age", "now", "clock_timestamp", "to_char", "to_date",
        "to_timestamp", "to_number", "make_date", "make_interval", "make_timestamp", "make_timestamptz", "timezone",
        "lower", "upper", "initcap", "length", "char_length", "octet_length", "substr", "substring", "left", "right", "trim", "btrim", "ltrim", "rtrim", "lpad", "rpad",
        "replace", "translate", "position", "strpos", "split_part", "concat", "concat_ws", "format", "md5", "sha256", "encode", "decode", "repeat", "reverse", "chr",
        "ascii", "quote_ident", "quote_literal", "regexp_replace", "regexp_match", "regexp_matches", "regexp_split_to_array", "starts_with", "overlay", "convert_from", "convert_to",
        "abs", "ceil", "ceiling", "floor", "round", "trunc", "mod", "power", "sqrt", "exp", "ln", "log", "sign", "random", "width_bucket", "gen_random_uuid",
        "generate_series", "unnest", "array_length", "array_append", "array_cat", "array_position", "array_to_string", "string_to_array", "cardinality",
        "json_build_object", "jsonb_build_object", "json_build_array", "jsonb_build_array", "to_json", "to_jsonb", "row_to_json", "jsonb_array_elements",
        "jsonb_array_elements_text", "json_array_elements", "jsonb_each", "jsonb_each_text", "jsonb_to_recordset", "json_to_recordset", "jsonb_path_query",
        "jsonb_typeof", "jsonb_array_length", "jsonb_set", "jsonb_pretty", "current_setting", "pg_typeof", "pg_backend_pid", "pg_sleep", "version", "current_database",
        "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange", "isempty", "to_tsvector", "to_tsquery", "plainto_tsquery", "ts_rank", "txid_current_if_assigned",
        "pg_size_pretty", "pg_total_relation_size", "pg_relation_size", "to_regclass", "current_tenant", "obj_description", "format_type", "pg_get_expr",
    };

    /// <summary>True if the name is one of them.</summary>
    public static bool Contains(string name) => s_harmless.Contains(name);
}
