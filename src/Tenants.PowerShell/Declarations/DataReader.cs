using System.Management.Automation.Language;
using Tenants.Engine.Declarations;

namespace Tenants.Declarations;

/// <summary>Takes the constant values out of parsed PowerShell data; whatever would have to be run to have a value is refused.</summary>
internal sealed class DataReader(string source)
{
    // A declaration is six deep. More could only be meant to exhaust the stack.
    private const int MostDepth = 32;

    /// <summary>The one value of the file.</summary>
    /// <exception cref="TenantException"><c>DeclarationInvalid</c>.</exception>
    public DeclaredValue Read(ScriptBlockAst script)
    {
        if (script.UsingStatements is [var first, ..])
        {
            throw Refuse(first, "a 'using' statement");
        }

        Ast?[] blocks = [script.ParamBlock, script.DynamicParamBlock, script.BeginBlock, script.ProcessBlock];
        if (Array.Find(blocks, b => b is not null) is { } block)
        {
            throw Refuse(block, "a block of a script");
        }

        IReadOnlyList<StatementAst> statements = script.EndBlock is { } end ? end.Statements : [];
        if (script.EndBlock?.Traps is [var trap, ..])
        {
            throw Refuse(trap, "a 'trap' statement");
        }

        return statements switch
        {
            [] => throw Mistake(script, "The file is empty. Expected: @{ Tables = … }."),
            [var only] => ReadStatement(only, 0) is DeclaredMap map
                ? map
                : throw Mistake(only, "The file holds no table of names and values. Expected: @{ Tables = … }."),
            [_, var second, ..] => throw Mistake(second, "Something follows the declaration. Expected: one @{ … }, and nothing after it."),
        };
    }

    private DeclaredValue ReadStatement(StatementAst statement, int depth) => statement switch
    {
        PipelineAst { PipelineElements: [CommandExpressionAst { Redirections.Count: 0 } expression] } pipeline when !IsBackground(pipeline) => ReadExpression(expression.Expression, depth),
        PipelineAst { PipelineElements: [CommandAst command] } => throw Refuse(command, $"a command, or a text without quotes: {Shorten(command)}"),
        PipelineAst pipeline => throw Refuse(pipeline, $"a pipeline: {Shorten(pipeline)}"),
        AssignmentStatementAst assignment => throw Refuse(assignment, $"an assignment: {Shorten(assignment)}"),
        _ => throw Refuse(statement, $"a statement: {Shorten(statement)}"),
    };

    private DeclaredValue ReadExpression(ExpressionAst expression, int depth)
    {
        if (depth > MostDepth)
        {
            throw Mistake(expression, "Values stand too deep in one another. Expected: tables, and policies in them.");
        }

        var (line, column) = (expression.Extent.StartLineNumber, expression.Extent.StartColumnNumber);
        return expression switch
        {
            StringConstantExpressionAst { StringConstantType: not StringConstantType.BareWord } text => new DeclaredScalar(text.Value, line, column),

            // A text in double quotes that holds neither a variable nor $( … ).
            ExpandableStringExpressionAst { NestedExpressions.Count: 0 } text => new DeclaredScalar(text.Value, line, column),
            ExpandableStringExpressionAst text => throw Refuse(text.NestedExpressions[0], $"a text in double quotes that has to be run: {Shorten(text.NestedExpressions[0])}", "the text in single quotes, in which $ means nothing"),
            ConstantExpressionAst constant and not StringConstantExpressionAst => new DeclaredScalar(constant.Value, line, column),
            VariableExpressionAst variable => ReadVariable(variable),
            HashtableAst map => ReadMap(map, depth),
            ArrayLiteralAst list => new DeclaredList([.. list.Elements.Select(e => ReadExpression(e, depth + 1))], line, column),
            ArrayExpressionAst list => ReadList(list, depth),
            ParenExpressionAst parentheses when parentheses.Pipeline is StatementAst inner => ReadStatement(inner, depth + 1),
            SubExpressionAst => throw Refuse(expression, "a sub-expression $( … )"),
            ScriptBlockExpressionAst => throw Refuse(expression, "a script block { … }", "SQL as a text in single quotes"),
            AttributedExpressionAst => throw Refuse(expression, $"a type cast: {Shorten(expression)}"),
            TypeExpressionAst => throw Refuse(expression, $"a type: {Shorten(expression)}"),
            BinaryExpressionAst or UnaryExpressionAst => throw Refuse(expression, $"a calculation: {Shorten(expression)}"),
            _ => throw Refuse(expression, $"an expression: {Shorten(expression)}"),
        };
    }

    private DeclaredScalar ReadVariable(VariableExpressionAst variable)
    {
        var (line, column) = (variable.Extent.StartLineNumber, variable.Extent.StartColumnNumber);
        return variable.VariablePath.UserPath.ToUpperInvariant() switch
        {
            _ when variable.Splatted => throw Refuse(variable, $"a variable: {Shorten(variable)}"),
            "TRUE" => new DeclaredScalar(true, line, column),
            "FALSE" => new DeclaredScalar(false, line, column),
            "NULL" => new DeclaredScalar(null, line, column),
            _ => throw Refuse(variable, $"a variable: {Shorten(variable)}", "a constant; of variables $true, $false and $null"),
        };
    }

    private DeclaredMap ReadMap(HashtableAst map, int depth)
    {
        var entries = new List<DeclaredEntry>();
        foreach (var (key, value) in map.KeyValuePairs)
        {
            if (key is not StringConstantExpressionAst name)
            {
                throw Mistake(key, $"The key {Shorten(key)} is no plain name. Expected: a name, such as Table.");
            }

            entries.Add(new DeclaredEntry(name.Value, ReadStatement(value, depth + 1), key.Extent.StartLineNumber, key.Extent.StartColumnNumber));
        }

        return new DeclaredMap(entries, map.Extent.StartLineNumber, map.Extent.StartColumnNumber);
    }

    // As PowerShell has it: each statement in @( … ) adds its values to the same list.
    private DeclaredList ReadList(ArrayExpressionAst list, int depth)
    {
        var items = new List<DeclaredValue>();
        if (list.SubExpression.Traps is [var trap, ..])
        {
            throw Refuse(trap, "a 'trap' statement");
        }

        foreach (var statement in list.SubExpression.Statements)
        {
            var value = ReadStatement(statement, depth + 1);
            items.AddRange(value is DeclaredList inner ? inner.Items : [value]);
        }

        return new DeclaredList(items, list.Extent.StartLineNumber, list.Extent.StartColumnNumber);
    }

    private static bool IsBackground(PipelineAst pipeline) => pipeline.Extent.Text.EndsWith('&');

    private static string Shorten(Ast ast)
    {
        const int Shown = 40;
        var text = ast.Extent.Text.Split('\n')[0].TrimEnd();
        return text.Length <= Shown ? text : text[..Shown] + "…";
    }

    private TenantException Refuse(Ast at, string what, string expected = "a constant: a text in quotes, a number, $true, $false, @( … ) or @{ … }") =>
        Mistake(at, $"This is {what}. The file is never run. Expected: {expected}.");

    private TenantException Mistake(Ast at, string message) =>
        DeclarationError.At(source, at.Extent.StartLineNumber, at.Extent.StartColumnNumber, message);
}
