using System.Globalization;
using System.Text;

namespace Tenants.Engine.Queries.Text;

/// <summary>
/// Turns <c>@name</c> into <c>$n</c> where it is a parameter: not in strings, comments or names, and not where the at sign
/// belongs to an operator. The driver would do it, but splits at semicolons by itself, and a tenant's text must stay one statement.
/// </summary>
internal sealed class ParameterBinder
{
    // Operators of PostgreSQL and its extensions that end in an at sign: before a name they could be either.
    private static readonly string[] s_ambiguous = ["<@", "@@", "^@", "@-@", "^<@", "?<@"];

    private readonly SqlStatement _statement;
    private readonly QueryParameters _parameters;
    private readonly StringBuilder _sql = new();
    private readonly List<(string Name, object? Value)> _values = [];
    private readonly List<(int At, int OldLength, int NewLength)> _edits = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.OrdinalIgnoreCase);
    private int _copied;

    private ParameterBinder(SqlStatement statement, QueryParameters parameters)
    {
        _statement = statement;
        _parameters = parameters;
        _copied = statement.Start;
    }

    /// <summary>Numbers the parameters of a statement.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="parameters">The values.</param>
    /// <exception cref="TenantException"><c>ParameterMissing</c>, <c>ParameterAmbiguous</c>, <c>ParameterStyleMixed</c>.</exception>
    public static BoundStatement Bind(SqlStatement statement, QueryParameters parameters) => new ParameterBinder(statement, parameters).Bind();

    private BoundStatement Bind()
    {
        var ownParameters = StatementTraits.HasParametersOfItsOwn(_statement);
        for (var i = 0; i < _statement.Tokens.Count; i++)
        {
            var token = _statement.Tokens[i];
            if (token.Kind == SqlTokenKind.Parameter && !ownParameters)
            {
                BindPosition(token);
            }
            else if (NameAfter(i) is { } name)
            {
                BindName(token, name);
            }
        }

        _sql.Append(_statement.Script, _copied, _statement.End - _copied);
        return new BoundStatement(_statement, _sql.ToString(), _values, _edits);
    }

    /// <summary>The name that follows an operator's closing at sign without a blank between.</summary>
    private SqlToken? NameAfter(int index)
    {
        var token = _statement.Tokens[index];
        if (token.Kind != SqlTokenKind.Operator || _statement.Script[token.End - 1] != '@' || index + 1 >= _statement.Tokens.Count)
        {
            return null;
        }

        var next = _statement.Tokens[index + 1];
        return next.Start == token.End && next.Kind == SqlTokenKind.Word ? next : null;
    }

    private void BindPosition(SqlToken token)
    {
        var text = token.In(_statement.Script).ToString();
        if (_parameters.IsNamed)
        {
            throw new TenantException(
                "ParameterStyleMixed",
                TenantErrorKind.InvalidArgument,
                $"{At(token)}: {text} takes its value by position, but the values were given by name. Write @name in the SQL, or give -Parameter an array.");
        }

        if (!int.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var position) || position < 1 || position > _parameters.Count)
        {
            throw new TenantException(
                "ParameterMissing",
                TenantErrorKind.InvalidArgument,
                $"{At(token)}: {text} has no value: {_parameters.Count} were given. Give -Parameter an array with a value for each, $1 first.");
        }

        Replace(token.Start, token.End, text, _parameters.At(position));
    }

    private void BindName(SqlToken operatorToken, SqlToken nameToken)
    {
        var name = nameToken.In(_statement.Script).ToString();
        var run = operatorToken.In(_statement.Script).ToString();
        var known = _parameters.TryGet(name, out var value);
        if (s_ambiguous.Contains(run))
        {
            // Left to the operator unless a value of that name shows that it may have been meant otherwise.
            if (known)
            {
                throw new TenantException(
                    "ParameterAmbiguous",
                    TenantErrorKind.InvalidArgument,
                    $"{At(operatorToken)}: '{run}{name}' reads as the operator {run} and the name {name}. For the parameter write '{run[..^1]} @{name}', for the operator '{run} {name}'.");
            }

            return;
        }

        if (known)
        {
            Replace(operatorToken.End - 1, nameToken.End, name, value);
            return;
        }

        if (_parameters.IsPositional)
        {
            throw new TenantException(
                "ParameterStyleMixed",
                TenantErrorKind.InvalidArgument,
                $"{At(nameToken)}: @{name} takes its value by name, but the values were given as an array. Write $1, $2 … in the SQL, or give -Parameter a hashtable.");
        }

        var given = _parameters.IsNamed ? $" Given: {string.Join(", ", _parameters.Names.Select(n => "@" + n).Order(StringComparer.OrdinalIgnoreCase))}." : "";
        throw new TenantException(
            "ParameterMissing",
            TenantErrorKind.InvalidArgument,
            $"{At(nameToken)}: the parameter @{name} has no value.{given} Add it: -Parameter @{{ {name} = … }}. If the operator @ is meant (the absolute value), put a blank after it.");
    }

    private void Replace(int start, int end, string name, object? value)
    {
        if (!_numbers.TryGetValue(name, out var number))
        {
            _values.Add((name, value));
            _numbers[name] = number = _values.Count;
        }

        var placeholder = string.Create(CultureInfo.InvariantCulture, $"${number}");

        // 1@a would otherwise read as one malformed number, and a name before it would swallow the sign.
        var before = start > _statement.Start ? _statement.Script[start - 1] : ' ';
        if (SqlLexer.IsNamePart(before) && _statement.Script[start] == '@')
        {
            placeholder = " " + placeholder;
        }

        _sql.Append(_statement.Script, _copied, start - _copied).Append(placeholder);
        _edits.Add((start, end - start, placeholder.Length));
        _copied = end;
    }

    private string At(SqlToken token) => $"Line {ScriptPosition.LineOf(_statement.Script, token.Start)}";
}
