using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Tenants.Engine.Queries.Values;

/// <summary>
/// Turns lists into array parameters. PowerShell's lists are <c>object[]</c>, so the type is that of their elements; lists in a list are
/// dimensions; a list of hashtables is a JSON array.
/// </summary>
internal static class ArrayValues
{
    private static readonly NpgsqlDbType[] s_wholeNumbers = [NpgsqlDbType.Smallint, NpgsqlDbType.Integer, NpgsqlDbType.Bigint, NpgsqlDbType.Numeric];

    /// <summary>Makes the parameter of a list.</summary>
    /// <param name="name">The parameter's name, for messages.</param>
    /// <param name="sequence">The list.</param>
    /// <param name="typing">How texts are declared.</param>
    public static NpgsqlParameter Create(string name, IEnumerable sequence, ParameterTyping typing)
    {
        var leaves = new List<object?>();
        var lengths = new List<int>();
        Flatten(name, sequence, 0, lengths, leaves);
        if (leaves.Exists(v => v is IDictionary))
        {
            return ParameterValues.Text(ParameterValues.Check(name, JsonText.Write(name, sequence)), typing);
        }

        if (leaves.Count == 0)
        {
            return Empty(sequence, typing);
        }

        if (CommonType(leaves) is not { } type)
        {
            return Texts(name, lengths, leaves, typing);
        }

        var values = Array.CreateInstance(ElementType(type, leaves.Contains(null)), [.. lengths]);
        var index = new int[lengths.Count];
        foreach (var leaf in leaves)
        {
            values.SetValue(leaf is null ? null : Convert(ParameterValues.Scalar(leaf)?.Value ?? leaf, type), index);
            Advance(index, lengths);
        }

        return new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }

    /// <summary>True if the declared type of the list may be chosen.</summary>
    /// <param name="name">The parameter's name, for messages.</param>
    /// <param name="value">Its value.</param>
    public static bool IsSoft(string name, object? value)
    {
        if (value is null or string or byte[] or IDictionary or not IEnumerable)
        {
            return false;
        }

        var leaves = new List<object?>();
        Flatten(name, (IEnumerable)value, 0, [], leaves);
        return !leaves.Exists(v => v is IDictionary) && (leaves.Count == 0 || CommonType(leaves) is null);
    }

    /// <summary>A list as the server reads an array of any type: <c>{{1,2},{3,NULL}}</c>.</summary>
    /// <param name="name">What messages call it by.</param>
    /// <param name="sequence">The list.</param>
    /// <exception cref="TenantException"><c>ParameterNotSupported</c>: it is no rectangle, or holds what has no text.</exception>
    public static string Literal(string name, IEnumerable sequence)
    {
        var leaves = new List<object?>();
        var lengths = new List<int>();
        Flatten(name, sequence, 0, lengths, leaves);
        return leaves.Count == 0 ? "{}" : Literal(lengths, leaves.ConvertAll(v => v is null ? null : ValueText.Of(name, v)));
    }

    private static string Literal(List<int> lengths, List<string?> texts)
    {
        var literal = new StringBuilder();
        var at = 0;
        AppendDimension(literal, 0, lengths, texts, ref at);
        return literal.ToString();
    }

    private static void Flatten(string name, IEnumerable sequence, int depth, List<int> lengths, List<object?> leaves)
    {
        // PostgreSQL has six dimensions at most (MAXDIM).
        if (depth == 6)
        {
            throw ParameterValues.NotSupported(name, sequence, "It is nested deeper than six levels, or holds itself");
        }

        var items = sequence.Cast<object?>().Select(i => i is DBNull ? null : i).ToList();
        if (sequence is Array { Rank: > 1 } matrix)
        {
            AddDimensions(matrix, depth, lengths);
            leaves.AddRange(items);
            return;
        }

        if (lengths.Count == depth)
        {
            lengths.Add(items.Count);
        }
        else if (lengths[depth] != items.Count)
        {
            throw ParameterValues.NotSupported(name, sequence, "The lists in it have different lengths, and an array of PostgreSQL is rectangular");
        }

        var lists = items.Count(IsList);
        if (lists == 0)
        {
            if (lengths.Count > depth + 1)
            {
                throw ParameterValues.NotSupported(name, sequence, "It mixes lists with single values, and an array of PostgreSQL is rectangular");
            }

            leaves.AddRange(items);
            return;
        }

        if (lists != items.Count)
        {
            throw ParameterValues.NotSupported(name, sequence, "It mixes lists with single values, and an array of PostgreSQL is rectangular");
        }

        foreach (var item in items)
        {
            Flatten(name, (IEnumerable)item!, depth + 1, lengths, leaves);
        }
    }

    private static void AddDimensions(Array matrix, int depth, List<int> lengths)
    {
        for (var d = 0; d < matrix.Rank && lengths.Count <= depth + d; d++)
        {
            lengths.Add(matrix.GetLength(d));
        }
    }

    private static bool IsList(object? item) =>
        item is IEnumerable and not (string or byte[] or IDictionary)
        && ParameterValues.Scalar(item) is null && ParameterValues.PlainText(item) is null;

    /// <summary>The one type that holds all elements, or null where they are sent as text.</summary>
    private static NpgsqlDbType? CommonType(List<object?> leaves)
    {
        NpgsqlDbType? common = null;
        foreach (var leaf in leaves)
        {
            if (leaf is null)
            {
                continue;
            }

            var type = leaf is byte[] ? NpgsqlDbType.Bytea : ParameterValues.Scalar(leaf)?.Type;
            if (type is null || (leaf is BigInteger big && BigInteger.Abs(big) > (BigInteger)decimal.MaxValue))
            {
                return null;
            }

            common = common is null || common == type ? type : Wider(common.Value, type.Value);
            if (common is null)
            {
                return null;
            }
        }

        return common;
    }

    private static NpgsqlDbType? Wider(NpgsqlDbType a, NpgsqlDbType b)
    {
        var (first, second) = (Array.IndexOf(s_wholeNumbers, a), Array.IndexOf(s_wholeNumbers, b));
        if (first >= 0 && second >= 0)
        {
            return s_wholeNumbers[Math.Max(first, second)];
        }

        var numbers = (first >= 0 || IsFloat(a)) && (second >= 0 || IsFloat(b));
        var moments = IsMoment(a) && IsMoment(b);
        return numbers ? NpgsqlDbType.Double : moments ? NpgsqlDbType.TimestampTz : null;
    }

    private static bool IsFloat(NpgsqlDbType type) => type is NpgsqlDbType.Real or NpgsqlDbType.Double;

    private static bool IsMoment(NpgsqlDbType type) => type is NpgsqlDbType.Timestamp or NpgsqlDbType.TimestampTz;

    private static Type ElementType(NpgsqlDbType type, bool nullable)
    {
        var element = type switch
        {
            NpgsqlDbType.Boolean => typeof(bool),
            NpgsqlDbType.Smallint => typeof(short),
            NpgsqlDbType.Integer => typeof(int),
            NpgsqlDbType.Bigint => typeof(long),
            NpgsqlDbType.Numeric => typeof(decimal),
            NpgsqlDbType.Real => typeof(float),
            NpgsqlDbType.Double => typeof(double),
            NpgsqlDbType.Uuid => typeof(Guid),
            NpgsqlDbType.Interval => typeof(TimeSpan),
            NpgsqlDbType.Time => typeof(TimeOnly),
            NpgsqlDbType.Date => typeof(DateOnly),
            NpgsqlDbType.Bytea => typeof(byte[]),
            _ => typeof(DateTime),
        };
        return nullable && element.IsValueType ? typeof(Nullable<>).MakeGenericType(element) : element;
    }

    private static object Convert(object value, NpgsqlDbType type) => type switch
    {
        NpgsqlDbType.Double when value is BigInteger big => (double)big,
        NpgsqlDbType.Numeric when value is BigInteger big => (decimal)big,
        NpgsqlDbType.Smallint or NpgsqlDbType.Integer or NpgsqlDbType.Bigint or NpgsqlDbType.Numeric or NpgsqlDbType.Real or NpgsqlDbType.Double =>
            System.Convert.ChangeType(value, ElementType(type, nullable: false), CultureInfo.InvariantCulture),
        NpgsqlDbType.TimestampTz when value is DateTime { Kind: not DateTimeKind.Utc } moment => moment.ToUniversalTime(),
        _ => value,
    };

    private static void Advance(int[] index, List<int> lengths)
    {
        for (var d = index.Length - 1; d >= 0 && ++index[d] == lengths[d] && d > 0; d--)
        {
            index[d] = 0;
        }
    }

    private static NpgsqlParameter Empty(IEnumerable sequence, ParameterTyping typing)
    {
        var element = sequence.GetType().GetElementType();
        if (element is { IsValueType: true } && ParameterValues.Scalar(Activator.CreateInstance(element)!) is { } sample)
        {
            return new NpgsqlParameter { Value = Array.CreateInstance(ElementType(sample.Type, nullable: false), 0), NpgsqlDbType = NpgsqlDbType.Array | sample.Type };
        }

        // Of no type: it fits wherever an array is expected. A list of texts is one of texts also when it is empty.
        var typed = element == typeof(string) ^ typing.HasFlag(ParameterTyping.UntypedArrays);
        return typed
            ? new NpgsqlParameter { Value = Array.Empty<string>(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }
            : new NpgsqlParameter { Value = "{}", NpgsqlDbType = NpgsqlDbType.Unknown };
    }

    private static NpgsqlParameter Texts(string name, List<int> lengths, List<object?> leaves, ParameterTyping typing)
    {
        var texts = leaves.ConvertAll(v => v is null ? null : ValueText.Of(name, v));
        if (typing.HasFlag(ParameterTyping.UntypedArrays))
        {
            return new NpgsqlParameter { Value = Literal(lengths, texts), NpgsqlDbType = NpgsqlDbType.Unknown };
        }

        var values = Array.CreateInstance(typeof(string), [.. lengths]);
        var index = new int[lengths.Count];
        foreach (var text in texts)
        {
            values.SetValue(text, index);
            Advance(index, lengths);
        }

        return new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
    }

    private static void AppendDimension(StringBuilder literal, int depth, List<int> lengths, List<string?> texts, ref int at)
    {
        if (depth == lengths.Count - 1)
        {
            ArrayText.Append(literal, texts.GetRange(at, lengths[depth]));
            at += lengths[depth];
            return;
        }

        for (var i = 0; i < lengths[depth]; i++)
        {
            literal.Append(i == 0 ? '{' : ',');
            AppendDimension(literal, depth + 1, lengths, texts, ref at);
        }

        literal.Append('}');
    }
}
