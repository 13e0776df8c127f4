#!/usr/bin/env python3
"""Renders templates with Jinja2 and writes what came of them to jinja-cases.json, beside this file.

Usage: python3 make_cases.py     (needs the PyPI package jinja2; the committed file was made with 3.1.6)

A case has a template, options, and `output` or `error` (the exception's class). Templates of `files` are what `extends`,
`include` and `import` find. The variables are those of VARIABLES, written to the file too.
"""
import json
import os
import warnings

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

warnings.simplefilter("ignore")

VARIABLES = {
    "name": "World", "empty": "", "n": 7, "zero": 0, "neg": -7, "pi": 3.14159, "big": 1234567890, "yes": True, "no": False, "nothing": None,
    "html": "<b>\"bold\" & 'brave'</b>", "words": "the quick brown fox", "mixed": "Hello wORLD, it's 2nd-rate", "uni": "Ünïcödé ßtraße 日本語 👩‍👧",
    "lines": "first\nsecond\n\nfourth  \n", "spaces": "  padded\t\n", "csv": "a,b,,c",
    "items": [3, 1, 2], "strs": ["banana", "Apple", "cherry", "apple"], "nested": [[1, 2], [3, [4, 5]]], "nums": list(range(10)),
    "map": {"b": 2, "a": 1, "C": 3}, "deep": {"x": {"y": {"z": "found"}}, "list": [{"k": "v"}]},
    "users": [
        {"name": "Ann", "age": 31, "city": "Oslo", "active": True, "tags": ["x", "y"]},
        {"name": "bob", "age": 25, "city": "Rome", "active": False, "tags": []},
        {"name": "Cid", "age": 25, "city": "oslo", "active": True, "tags": ["z"]},
        {"name": "dee", "age": 40, "city": "Rome", "active": False},
    ],
    "tree": [{"v": 1, "kids": [{"v": 2, "kids": []}, {"v": 3, "kids": [{"v": 4, "kids": []}]}]}, {"v": 5, "kids": []}],
    "link": "see https://example.com/a?b=c&d, (www.example.org) or mail me@example.com.",
}

FILES = {
    "base.html": "<title>{% block title %}Base{% endblock %}</title>\n{% block body %}base body{% endblock %}\n{% block foot %}foot {{ name }}{% endblock %}",
    "mid.html": "{% extends 'base.html' %}{% block title %}Mid < {{ super() }}{% endblock %}{% block body %}[{% block inner %}mid inner{% endblock %}]{% endblock %}",
    "part.html": "part sees {{ name }} {{ x }}",
    "loop_part.html": "({{ loop is defined }}:{{ i }})",
    "macros.html": "{% macro field(name, value='', type='text') %}<input name=\"{{ name }}\" value=\"{{ value }}\" type=\"{{ type }}\">{% endmacro %}"
                   "{% macro bold(x) %}<b>{{ x }}</b>{% endmacro %}{% set version = '1.2' %}{% set _private = 1 %}loaded {{ name }}",
    "scoped.html": "{% for i in items %}{% block item scoped %}{{ i }}{% endblock %},{% endfor %}",
    "unscoped.html": "{% for i in items %}{% block item %}[{{ i }}]{% endblock %},{% endfor %}",
    "required.html": "{% block must required %}{% endblock %}",
    "self.html": "{% block title %}T{{ n }}{% endblock %} again: {{ self.title() }}",
    "sets.html": "{% set layout = 'from base' %}{% block a %}{{ layout }}|{{ child }}{% endblock %}",
}

PLAIN = r"""
{{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 7 / 2 }} {{ 4 / 2 }}
{{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 2 ** -1 }} {{ 1.5 + 1 }} {{ 1e3 }} {{ 1E-5 }} {{ 1e16 }} {{ 1e22 }} {{ 123456789012345.0 }} {{ 0.1 + 0.2 }}
{{ 1/3 }} {{ 2/3 }} {{ 1e100 }} {{ 5e-324 }} {{ 1.0 }} {{ -0.0 }} {{ 100000000000000000.0 }} {{ 0.0001 }} {{ 0.00001 }}
{{ 1_000 }} {{ 0x1f }} {{ 0b101 }} {{ 0o17 }} {{ 1_0.5_0 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 7.5 % -2 }}
{{ true }} {{ false }} {{ none }} {{ True }} {{ None }} {{ yes and no }} {{ yes or no }} {{ not yes }} {{ zero or 'x' }} {{ n and 'y' }}
{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ (1, 2) == (1, 2) }} {{ [1] == (1,) }}
{{ 1 in items }} {{ 9 not in items }} {{ 'ell' in 'hello' }} {{ 'a' in map }} {{ 2 in (1, 2) }} {{ not 1 in items }} {{ '' in 'x' }}
{{ 'a' ~ 1 ~ none ~ true ~ 1.5 }} {{ 'a' + 'b' }} {{ 'ab' * 3 }} {{ 3 * 'ab' }} {{ [1] + [2] }} {{ [0] * 3 }} {{ (1,) + (2,) }} {{ 'x' * -1 }}|
{{ 'yes' if yes else 'no' }} {{ 'yes' if no }}| {{ 'a' if no else 'b' if no else 'c' }} {{ ('a' if no) is defined }}
{{ items[0] }} {{ items[-1] }} {{ items[1:] }} {{ items[:-1] }} {{ items[::-1] }} {{ nums[2:8:3] }} {{ nums[-3:] }} {{ nums[100:] }} {{ nums[:] }} {{ nums[8:2:-2] }}
{{ name[0] }} {{ name[-2:] }} {{ name[::-1] }} {{ uni[1:4] }} {{ uni[-1] }} {{ name[99] is undefined }} {{ items[99] is undefined }}
{{ map.a }} {{ map['a'] }} {{ map.zzz is undefined }} {{ deep.x.y.z }} {{ deep['x'].y['z'] }} {{ deep.list[0].k }} {{ deep.list.0.k }} {{ nested.1.1.0 }}
{{ [1, 'a', 1.5, true, none, [2], (3,), {'k': 'v'}] }} {{ () }} {{ (1, 2) }} {{ {} }} {{ {'a': {'b': "it's"}} }} {{ ['"', "'", '\'"', '\n\t\\'] }}
{{ 'a\tb\x41\u00e9\n'|replace('\n', 'N') }} {{ "it's" 'joined' }} {{ '\'' }} {{ 'new\
line' }} {{ '\101' }} {{ '\q' }}
{{ missing }}| {{ missing is defined }} {{ missing|default('d') }} {{ empty|default('d') }}| {{ empty|default('d', true) }} {{ nothing|default('d') }} {{ missing|d(n) }}
{{ name.upper() }} {{ name.lower() }} {{ mixed.title() }} {{ mixed.capitalize() }} {{ mixed.swapcase() }} {{ uni.upper() }} {{ uni.casefold() }}
[{{ spaces.strip() }}] [{{ spaces.lstrip() }}] [{{ spaces.rstrip() }}] [{{ 'xxaxx'.strip('x') }}] [{{ 'abcba'.lstrip('ab') }}]
{{ words.split() }} {{ csv.split(',') }} {{ csv.split(',', 1) }} {{ csv.rsplit(',', 1) }} {{ lines.splitlines() }} {{ '  a  b '.split() }} {{ ' a b c '.split(None, 1) }} {{ ' a b c '.rsplit(None, 1) }}
{{ lines.splitlines(true) }} {{ 'a--b'.partition('--') }} {{ 'a--b--c'.rpartition('--') }} {{ 'ab'.partition('x') }} {{ 'ab'.rpartition('x') }}
{{ name.startswith('W') }} {{ name.endswith('ld') }} {{ name.startswith(('x', 'W')) }} {{ 'abc'.startswith('b', 1) }} {{ 'abc'.find('c') }} {{ 'abc'.find('z') }} {{ 'abcabc'.rfind('b') }} {{ 'abcabc'.count('bc') }} {{ 'aaa'.count('aa') }}
{{ 'abc'.replace('b', 'X') }} {{ 'aaa'.replace('a', 'b', 2) }} {{ 'abc'.replace('', '-') }} {{ 'abcabc'.index('c') }} {{ 'abcabc'.find('a', 1) }} {{ 'abc'.find('') }}
[{{ 'ab'.ljust(5) }}] [{{ 'ab'.rjust(5, '.') }}] [{{ 'ab'.center(7, '*') }}] [{{ 'ab'.center(5) }}] [{{ 'abc'.center(6) }}] {{ '42'.zfill(5) }} {{ '-42'.zfill(5) }} [{{ 'a\tbc\td'.expandtabs(4) }}]
{{ ','.join(['a', 'b']) }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('bc') }} {{ 'abc'.isalpha() }} {{ 'ab1'.isalnum() }} {{ '12'.isdigit() }} {{ '½'.isnumeric() }} {{ ' '.isspace() }} {{ 'Ab'.istitle() }} {{ 'ab'.islower() }} {{ 'AB'.isupper() }} {{ 'é'.isascii() }}
{{ '{} and {}'.format(1, 'two') }} {{ '{0}-{0}-{x}'.format('a', x='b') }} {{ '{:>5}|{:<5}|{:^5}'.format('a', 'b', 'c') }} {{ '{:05.1f}'.format(3.14159) }} {{ '{:,}'.format(1234567) }} {{ '{:x} {:#x} {:b}'.format(255, 255, 5) }} {{ '{:+d}'.format(5) }} {{ '{{}}'.format() }} {{ '{:.3}'.format('abcdef') }} {{ '{:.2e}'.format(12345.678) }} {{ '{:%}'.format(0.25) }} {{ '{!r}'.format('a') }} {{ '{:*^9}'.format('mid') }}
{{ '%s is %d years' % ('Ann', 31) }} {{ '%5.2f|%-5s|%05d|%x|%%' % (3.14159, 'a', 42, 255) }} {{ '%(a)s' % {'a': 1} }} {{ '%r' % 'x' }} {{ '%+d % d' % (5, 5) }} {{ '%e' % 12345.678 }} {{ '%g %g' % (0.0001, 1e10) }} {{ '%s' % none }} {{ '%.3s|' % 'abcdef' }} {{ '%o' % 8 }} {{ '%c' % 'x' }} {{ '%g' % 100000 }} {{ '%g' % 1234567 }} {{ '%.10g' % 0.1 }}
{{ map.items()|list }} {{ map.keys()|list }} {{ map.values()|list }} {{ map.get('a') }} {{ map.get('z') }} {{ map.get('z', 9) }} {{ items.index(1) }} {{ items.count(1) }}
{{ 'abc'|upper }} {{ 'ABC'|lower }} {{ mixed|title }} {{ mixed|capitalize }} [{{ spaces|trim }}] {{ 'xxaxx'|trim('x') }} {{ words|wordcount }} {{ mixed|wordcount }} {{ uni|length }} {{ items|length }} {{ map|count }}
{{ items|first }} {{ items|last }} {{ []|first is undefined }} {{ ''|last is undefined }} {{ 'abc'|first }} {{ items|sort }} {{ items|sort(reverse=true) }} {{ strs|sort }} {{ strs|sort(case_sensitive=true) }} {{ strs|unique|list }} {{ strs|sort(reverse=true) }}
{{ users|sort(attribute='age')|map(attribute='name')|join(',') }} {{ users|sort(attribute='age,name')|map(attribute='name')|join(',') }} {{ users|sort(attribute='age', reverse=true)|map(attribute='name')|join(',') }} {{ users|map(attribute='city')|unique|join(',') }}
{{ items|join }} {{ items|join('-') }} {{ users|join('; ', attribute='name') }} {{ items|reverse|list }} {{ 'abc'|reverse }} {{ items|sum }} {{ users|sum(attribute='age') }} {{ items|sum(start=10) }} {{ items|min }} {{ items|max }} {{ strs|min }} {{ strs|max }} {{ users|max(attribute='age') == users[3] }} {{ []|max is undefined }}
{{ map|dictsort }} {{ map|dictsort(true) }} {{ map|dictsort(by='value') }} {{ map|dictsort(reverse=true) }} {{ map|items|list }} {{ missing|items|list }}
{{ nums|batch(3)|list }} {{ nums|batch(4, 'x')|list }} {{ nums|slice(3)|list }} {{ nums|slice(3, 'x')|list }} {{ nums|select('odd')|list }} {{ nums|reject('odd')|list }} {{ nums|select('divisibleby', 3)|list }} {{ nums|select|list }} {{ nums|select('>', 6)|list }} {{ nums|select('in', [1, 2])|list }}
{{ users|selectattr('active')|map(attribute='name')|list }} {{ users|rejectattr('active')|map(attribute='name')|list }} {{ users|selectattr('age', 'equalto', 25)|map(attribute='name')|list }} {{ users|selectattr('age', 'gt', 25)|map(attribute='name')|list }} {{ users|selectattr('tags', 'defined')|map(attribute='name')|list }} {{ users|map(attribute='tags', default='none')|list }} {{ users|map(attribute='tags.0', default='-')|list }}
{% for g in users|groupby('city') %}{{ g.grouper }}:{{ g.list|map(attribute='name')|join('+') }};{% endfor %} {% for city, list in users|groupby('city', case_sensitive=true) %}{{ city }}={{ list|length }};{% endfor %} {% for g in users|groupby('none', default='NA') %}{{ g.grouper }}{{ g.list|length }}{% endfor %}
{{ ['a', 'B']|map('upper')|list }} {{ [1.7, -1.7]|map('int')|list }} {{ ['x']|map('default', 'd')|list }} {{ ['a b', 'c']|map('replace', ' ', '_')|list }}
{{ '42'|int }} {{ '42.9'|int }} {{ 'x'|int }} {{ 'x'|int(-1) }} {{ '0x1f'|int(base=16) }} {{ '1010'|int(0, 2) }} {{ 3.99|int }} {{ true|int }} {{ ' 7 '|int }} {{ '3.5'|float }} {{ 'x'|float }} {{ 'x'|float(1.5) }} {{ '1e3'|float }} {{ 7|float }} {{ none|int }}
{{ 42.55|round }} {{ 42.55|round(1) }} {{ 42.55|round(1, 'floor') }} {{ 42.51|round(1, 'ceil') }} {{ 2.5|round }} {{ 3.5|round }} {{ 2.675|round(2) }} {{ 1234.5|round(-2) }} {{ 7|round }} {{ -1.5|round }} {{ 0.5|round }} {{ 1.005|round(2) }}
{{ -5|abs }} {{ 5.5|abs }} {{ -n|abs }} {{ neg|abs }} {{ 1000|filesizeformat }} {{ 1|filesizeformat }} {{ 999|filesizeformat }} {{ 1234567|filesizeformat }} {{ 1234567|filesizeformat(true) }} {{ 1e12|filesizeformat }} {{ 1e27|filesizeformat }}
{{ words|truncate(10) }} {{ words|truncate(10, true) }} {{ words|truncate(10, false, '!') }} {{ words|truncate(17) }} {{ words|truncate(14, leeway=0) }} {{ words|truncate(100) }} {{ 'aaaaaaaaaaaaaaaaaaaaa'|truncate(8) }}
{{ lines|indent }}| {{ lines|indent(2, true) }}| {{ lines|indent(2, blank=true) }}| {{ 'a\nb'|indent('> ') }} {{ 'one'|center(9) }}| {{ 'abc'|replace('b', 'x') }} {{ 'aaa'|replace('a', 'b', 1) }} {{ '%s-%s'|format('a', 'b') }} {{ '%(x)s'|format(x=3) }} {{ 123|string + '4' }} {{ 'abc'|list }} {{ map|list }}
{{ words|wordwrap(10) }} {{ 'averyveryverylongword here'|wordwrap(8) }} {{ 'averyveryverylongword here'|wordwrap(8, false) }} {{ 'well-known sub-par thing'|wordwrap(9) }} {{ lines|wordwrap(5) }} {{ words|wordwrap(9, wrapstring='/') }} {{ 'well-known'|wordwrap(6, break_on_hyphens=false) }}
{{ 'a b&c/d?é'|urlencode }} {{ {'a b': 'c&d', 'e': 1}|urlencode }} {{ [('x', 'y z')]|urlencode }} {{ '<p>a  <b>b</b>\n&amp; c<!-- x --></p>'|striptags }}
{{ html|e }} {{ html|escape }} {{ html|e|e }} {{ html|forceescape }} {{ html|e|forceescape }} {{ html|safe }} {{ {'class': 'a b', 'id': none, 'data-x': '<'}|xmlattr }}| {{ {}|xmlattr }}| {{ {'a': 1}|xmlattr(false) }}
{{ [1, 'a', none, true, 1.5, {'z': 1, 'a': [2]}, "<'&>"]|tojson }} {{ {'b': 1, 'a': {'c': []}}|tojson(indent=2) }} {{ uni|tojson }} {{ {}|tojson(2) }} {{ '\n"\\'|tojson }}
{{ link|urlize }} {{ link|urlize(10) }} {{ link|urlize(nofollow=true) }} {{ link|urlize(target='_blank') }} {{ 'x ftp:a'|urlize(extra_schemes=['ftp:']) }}
{{ 3 is odd }} {{ 3 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ n is number }} {{ pi is float }} {{ n is integer }} {{ true is integer }} {{ true is boolean }} {{ true is true }} {{ 1 is true }} {{ name is string }} {{ items is sequence }} {{ map is mapping }} {{ items is iterable }} {{ n is iterable }} {{ nothing is none }} {{ name is not none }} {{ 'abc' is lower }} {{ 'ABC' is upper }} {{ 5 is eq 5 }} {{ 5 is gt 4 }} {{ 5 is in [5] }} {{ 5 is sameas 5 }} {{ range is callable }} {{ name is callable }} {{ 'upper' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }} {{ html|safe is escaped }} {{ missing is undefined }} {{ none is defined }} {{ 1 is not odd }} {{ not 1 is odd }} {{ (n is odd) and yes }}
{{ 'a' is in('abc') }} {{ n is ge(7) }} {{ n is lessthan 8 }} {{ [] is sequence }} {{ 'x' is mapping }} {{ false is false }} {{ 0 is false }}
{% for i in items %}{{ loop.index }}/{{ loop.length }}:{{ i }}{{ ',' if not loop.last }}{% endfor %} {% for i in items %}{{ loop.first }}{{ loop.last }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }} {% endfor %}
{% for i in items %}{{ loop.previtem|default('-') }}<{{ i }}>{{ loop.nextitem|default('-') }} {% endfor %} {% for i in [1, 1, 2] %}{{ loop.changed(i) }}{% endfor %} {% for i in nums %}{{ loop.cycle('a', 'b', 'c') }}{% endfor %}
{% for i in [] %}x{% else %}none{% endfor %} {% for i in missing %}x{% else %}none{% endfor %} {% for i in nums if i is odd %}{{ loop.index }}:{{ i }} {% endfor %} {% for i in nums if i > 100 %}{{ i }}{% else %}empty{% endfor %}
{% for k, v in map.items() %}{{ k }}={{ v }};{% endfor %} {% for k in map %}{{ k }}{% endfor %} {% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %} {% for c in 'añb' %}[{{ c }}]{% endfor %} {% for x in (1, 2) %}{{ x }}{% endfor %} {% for i in range(3) %}{{ i }}{% endfor %} {% for i in range(5, 0, -2) %}{{ i }}{% endfor %}
{% for n in tree recursive %}{{ n.v }}{% if n.kids %}({{ loop(n.kids) }}){% endif %}@{{ loop.depth }}{% endfor %}
{% for i in items %}{% for j in items %}{{ loop.index }}{% endfor %}-{{ loop.index }} {% endfor %} {% for i in items %}{% set outer = loop %}{% for j in [1] %}{{ outer.index }}{% endfor %}{% endfor %}
{% for i in nums %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% set x = 1 %}{% for i in items %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }} {% set ns = namespace(total=0) %}{% for i in items %}{% set ns.total = ns.total + i %}{% endfor %}{{ ns.total }} {{ ns.nope is undefined }}
{% set a, b = 1, 2 %}{{ a }}{{ b }} {% set (c, d) = (3, 4) %}{{ c }}{{ d }} {% set t = 1, 2 %}{{ t }} {% set block %}in {{ name }}{% endset %}{{ block }}|{% set up | upper %}shout{% endset %}{{ up }} {% set cut | replace('a', 'b') | upper %}aa{% endset %}{{ cut }}
{% if n > 5 %}big{% elif n > 3 %}mid{% else %}small{% endif %} {% if empty %}x{% elif nothing %}y{% else %}z{% endif %} {% if not missing %}ok{% endif %} {% if n > 5 and name == 'World' or no %}both{% endif %}
{% if yes %}{% set inside = 5 %}{% endif %}{{ inside }} {% with %}{% set w = 1 %}{{ w }}{% endwith %}{{ w }}| {% with a = 1, b = 2 %}{{ a + b }}{% endwith %} {% with x = n %}{% with x = x + 1 %}{{ x }}{% endwith %}{{ x }}{% endwith %}
{% macro m(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, c='y') }} {{ m(a=5, b=6) }} {{ m() }} {{ m.name }} {{ m.arguments }}
{% macro v(a) %}{{ a }}|{{ varargs }}|{{ kwargs }}{% endmacro %}{{ v(1, 2, 3, k=4) }} {% macro dep(a, b=a * 2) %}{{ a }}{{ b }}{% endmacro %}{{ dep(4) }} {% macro rec(n) %}{{ n }}{% if n > 0 %}{{ rec(n - 1) }}{% endif %}{% endmacro %}{{ rec(3) }}
{% macro wrap(tag) %}<{{ tag }}>{{ caller() }}</{{ tag }}>{% endmacro %}{% call wrap('p') %}in {{ name }}{% endcall %} {% macro each(xs) %}{% for x in xs %}{{ caller(x, loop.index) }}{% endfor %}{% endmacro %}{% call(x, i) each(items) %}[{{ i }}:{{ x }}]{% endcall %} {% macro opt() %}{{ caller is defined }}{{ caller() if caller else 'no' }}{% endmacro %}{{ opt() }}
{% set g = 'global' %}{% macro see() %}{{ g }}{{ name }}{% endmacro %}{{ see() }} {% set g = 'later' %}{{ see() }} {% for i in [1] %}{% macro inner() %}{{ i }}{% endmacro %}{{ inner() }}{% endfor %}
{% filter upper %}loud {{ name }}{% endfilter %} {% filter replace('o', '0')|lower %}FOO {{ name }}{% endfilter %} {% filter trim %}   x   {% endfilter %}
{% raw %}{{ not }} {% parsed %} {# here #}{% endraw %} {# comment #}after {#- strip -#} {{- 'x' -}}   y {% raw -%}   z {% endraw %}
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }} {% set j = joiner(', ') %}{% for i in items %}{{ j() }}{{ i }}{% endfor %} {{ dict(a=1, b='x') }} {{ dict({'a': 1}, b=2) }} {{ dict([('k', 'v')]) }} {{ range(4)|list }} {{ range(1, 10, 4)|list }}
{{ m2(*[1, 2], **{'c': 3}) if m2 is defined }} {% macro k(a, b, c) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ k(*[1, 2], **{'c': 3}) }} {{ k(*(1,), b=2, c=3) }}
{{ name|upper|lower|title|length }} {{ (name ~ '!')|upper }} {{ name ~ '!'|upper }} {{ -1|abs }} {{ 1 + 2|float }} {{ [1, 2]|length + 1 }} {{ 'a' if yes else 'b'|upper }}
{{ items|map('string')|join }} {{ strs|map('length')|sum }} {{ nested|map('first')|list }} {{ deep|attr('x') is undefined }} {{ nested|sum(start=[]) }}
{{ '日本'|length }} {{ '日本語テキスト'|truncate(5, true, '…') }} {{ 'é' == 'é' }} {{ 'ǆ'|title }} {{ 'ß'|upper }} {{ 'İ'|lower|length }} {{ uni|title }} {{ uni|capitalize }}
{{ 10 ** 15 }} {{ 10.0 ** 15 }} {{ 10.0 ** 16 }} {{ 1e15 + 0.3 }} {{ 1.1 * 1.1 }} {{ 1e-7 }} {{ 123e-7 }} {{ 0.1 * 3 }} {{ 5 % 3.5 }} {{ 2 ** 0.5 }} {{ 1 - 0.9 }} {{ 1e300 * 1e10 }} {{ -(1e300 * 1e10) }}
{{ users|map(attribute='name')|map('lower')|sort|join(' ') }} {{ users|selectattr('active', 'true')|list|length }} {{ users|map(attribute='age')|select('gt', 30)|list }} {{ (users|first).name }} {{ users[0]['tags'][-1] }}
{% print 'printed', n %} {% autoescape true %}{{ html }}{% endautoescape %} {% autoescape false %}{{ html }}{% endautoescape %}
{{ [1, 2, 3,] }} {{ {'a': 1,} }} {{ (1, 2,) }} {{ m3 is defined }} {{ {1: 'one', 'two': 2, none: 3, (1, 2): 4} }} {{ {1: 'one'}[1] }} {{ {1: 'a', 1.0: 'b', true: 'c'} }}
{{ loop is defined }} {{ self is defined }} {{ varargs is defined }} {{ caller is defined }} {{ super is defined }}
{{ nums[1:3] + [9] }} {{ nums[n - 5] }} {{ name[1:3]|upper }} {{ (items|sort)[0] }} {{ map['a'] + map.b }} {{ 'abc'[1] ~ 'def'[0] }} {{ items[1:][0] }} {{ words.split()[1][0] }}
{{ nums|batch(3)|map('join', '-')|join('|') }} {{ nums|slice(4)|map('length')|list }} {{ nums|list == nums }} {{ nums|last - nums|first }}
"""

ERRORS = r"""
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ 'a' + 1 }}
{{ 1 + none }}
{{ missing.attr }}
{{ missing['x'] }}
{{ missing() }}
{{ missing + 1 }}
{{ map.zzz.y }}
{{ n() }}
{{ name.nope() }}
{{ 1 < 'a' }}
{{ none < 1 }}
{{ [1] < 1 }}
{{ n|length }}
{{ [1, 'a']|sort }}
{{ none|join }}
{% for x in 5 %}{% endfor %}
{% for x in none %}{% endfor %}
{% for a, b in [1] %}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% set a, b = [1] %}
{% set x.y = 1 %}
{{ range(0, 10, 0) }}
{{ range(1000000) }}
{{ 'abc'.index('z') }}
{{ 'abc'.split('') }}
{{ '%d' % 'x' }}
{{ '%s %s' % 'x' }}
{{ '%s' % (1, 2) }}
{{ '{} {}'.format(1) }}
{{ '{x}'.format(y=1) }}
{{ ','.join([1]) }}
{{ {[1]: 2} }}
{{ items[::0] }}
{{ items['a':] }}
{{ 5 in 5 }}
{{ 5 in 'x' }}
{{ 'x'|nofilter }}
{{ 'x' is notest }}
{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{% endmacro %}{{ m(b=1) }}
{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}
{% macro m() %}{% endmacro %}{% call m() %}x{% endcall %}
{{ items.append(4) }}
{{ map.update({}) }}
{{ {'a b': 1}|xmlattr }}
{{ 2.5|round(1, 'up') }}
{{ map|dictsort(by='x') }}
{{ words|truncate(1) }}
{% include 'nowhere.html' %}
{% extends 'nowhere.html' %}
{% import 'nowhere.html' as x %}
{% from 'macros.html' import nope %}{{ nope() }}
{% extends 'required.html' %}
{{ range|tojson }}
{{ missing|tojson }}
{% if x %}
{% for x in y %}
{% endif %}
{% else %}
{% foo %}
{{ 1 +
{{ 1 + }}
{{ }}
{% if %}x{% endif %}
{{ 'open }}
{# open
{% raw %} open
{{ (1 }}
{{ 1) }}
{{ [1} }}
{{ a b }}
{{ 1 2 }}
{{ x. }}
{{ x[ }}
{{ x[] }}
{{ x| }}
{{ x is }}
{% set %}
{% set 1 = 2 %}
{% set true = 2 %}
{% for in x %}{% endfor %}
{% for x y %}{% endfor %}
{% macro %}{% endmacro %}
{% macro m(a=1, b) %}{% endmacro %}
{% block a-b %}{% endblock %}
{% block a %}{% endblock %}{% block a %}{% endblock %}
{% from 'x' import _y %}
{{ f(a=1, 2) }}
{{ f(**a, *b) }}
{{ @ }}
{{ $ }}
{{ 'a' is string is string }}
{% break %}
{% call x %}{% endcall %}
{{ 012 }}
{% endfor %}
{% block x %}
{% with a %}{% endwith %}
{% include %}
{% import 'a' %}
{% from 'a' %}
{{ super() }}
{{ loop.index }}
{{ '\x4' }}
"""

ESCAPED = r"""
{{ html }} {{ html|safe }} {{ html|e }} {{ html|e|e }} {{ html|forceescape }} {{ '<i>' }} {{ n }} {{ items }} {{ map }} {{ none }} {{ '<' ~ '>' }} {{ html ~ '>'|safe }} {{ '<b>'|safe ~ html }} {{ '<b>'|safe + html }} {{ html + '<b>'|safe }}
{{ ['<', '>'|safe]|join }} {{ ['<', '>']|join('<br>') }} {{ ['<', '>']|join('<br>'|safe) }} {{ '<%s>'|safe|format(html) }} {{ '<%s>' % html }} {{ ('<%s %d>'|safe) % (html, 5) }} {{ ('<{}>'|safe).format(html) }} {{ '<{}>'.format(html) }}
{% macro tag(x) %}<p>{{ x }}</p>{% endmacro %}{{ tag(html) }} {{ tag('<'|safe) }} {{ tag(html)|upper }} {% set s %}<u>{{ html }}</u>{% endset %}{{ s }} {{ s|length }}
{% macro w() %}<p>{{ caller() }}</p>{% endmacro %}{% call w() %}<i>{{ html }}</i>{% endcall %} {% filter upper %}<b>{{ html }}</b>{% endfilter %} {% filter e %}<b>{% endfilter %} {% autoescape false %}{{ html }}{% endautoescape %}{{ html }} {% autoescape false %}{% set q %}<{{ html }}{% endset %}{{ q }}{% endautoescape %}{{ q }}
{{ html|upper }} {{ html|safe|upper }} {{ html|replace('b', '<') }} {{ html|safe|replace('b', '<') }} {{ html|replace('b'|safe, '<') }} {{ html|truncate(9) }} {{ html|safe|truncate(9) }} {{ html|striptags }} {{ html|title }} {{ html|safe|title }} {{ html|tojson }} {{ {'a': html}|tojson }} {{ {'a': html}|xmlattr }} {{ link|urlize }} {{ html|urlize }} {{ html|urlencode }} {{ html|indent }} {{ html|safe|indent }} {{ html|wordwrap(8) }} {{ html|trim }} {{ html|safe|trim }} {{ html|safe|string }} {{ html|list|first }} {{ html|first }} {{ html|safe|first }} {{ html|safe|reverse }} {{ html|center(40) }} {{ html|safe|capitalize }} {{ html|default('x') }} {{ missing|default('<b>') }} {{ missing|default('<b>'|safe) }}
{{ (html|safe)[0:3] }} {{ (html|safe)[0] }} {{ (html|safe).upper() }} {{ (html|safe).split() }} {{ (html|safe).replace('b', '<') }} {{ '<'|safe * 3 }} {{ 3 * '<' }} {{ (html|safe).join(['<', '>']) }} {{ '<'.join(['a', 'b'|safe]) }} {{ html|safe is escaped }} {{ html is escaped }} {{ html|e == html }} {{ [html|safe] }} {{ html|map('upper')|join }} {{ '<' if yes else '>' }} {{ ('<'|safe if yes) }} {{ html.strip('<') }} {{ {'<': '>'} }}
{% for x in ['<', '>'|safe] %}{{ x }}{% endfor %} {% for n in [{'v': '<', 'k': [{'v': '>', 'k': []}]}] recursive %}{{ n.v }}{{ loop(n.k) }}{% endfor %} {{ loop_missing }} {% include 'part.html' %} {% import 'macros.html' as m %}{{ m.bold(html) }} {{ m }} {% from 'macros.html' import field %}{{ field('a', html) }}
"""

MULTI = [
    "{% extends 'base.html' %}", "{% extends 'base.html' %}{% block title %}Child{% endblock %}",
    "{% extends 'base.html' %}{% block body %}{{ super() }} + child{% endblock %}ignored {{ name }}",
    "{% extends 'mid.html' %}", "{% extends 'mid.html' %}{% block title %}C/{{ super() }}{% endblock %}{% block inner %}{{ super() }}!{% endblock %}",
    "{% extends 'mid.html' %}{% block body %}{{ super() }}{% endblock %}{% block title %}{{ super.super() }}{% endblock %}",
    "before {% extends 'base.html' %} after", "{% if yes %}{% extends 'base.html' %}{% endif %}{% block body %}dyn{% endblock %}",
    "{% if no %}{% extends 'base.html' %}{% endif %}{% block body %}alone{% endblock %}", "{% extends ['base.html'][0] %}{% block foot %}{% endblock %}",
    "{% extends 'base.html' %}{% set top = 'T' %}{% block body %}{{ top }}{% set top = 'changed' %}{{ top }}{% endblock %}{% block foot %}{{ top }}{% endblock %}",
    "{% extends 'base.html' %}{% macro mm() %}macro {{ name }}{% endmacro %}{% block body %}{{ mm() }}{% endblock %}",
    "{% extends 'sets.html' %}{% set child = 'from child' %}", "{% extends 'sets.html' %}{% set layout = 'overridden' %}",
    "{% extends 'scoped.html' %}", "{% extends 'scoped.html' %}{% block item %}<{{ i }}{{ loop.index }}>{% endblock %}", "{% extends 'unscoped.html' %}",
    "{% extends 'self.html' %}{% block title %}{{ super() }}!{% endblock %}", "{% extends 'required.html' %}{% block must %}done{% endblock %}",
    "{% block a %}{% block b %}{{ name }}{% endblock b %}{% endblock a %} {{ self.b() }}",
    "{% include 'part.html' %}", "{% set x = 5 %}{% include 'part.html' %}", "{% set x = 5 %}{% include 'part.html' without context %}",
    "{% for i in items %}{% include 'loop_part.html' %}{% endfor %}", "{% for i in items %}{% include 'loop_part.html' %}{{ loop.last }}{% endfor %}", "{% include 'nope.html' ignore missing %}|", "{% include ['nope.html', 'part.html'] %}",
    "{% include ['nope.html'] ignore missing %}|", "{% with x = 9 %}{% include 'part.html' %}{% endwith %}", "{% include 'part' ~ '.html' %}",
    "{% include 'base.html' %}", "{% include 'mid.html' %}", "{% macro f(x) %}{% include 'part.html' %}{% endmacro %}{{ f(3) }}",
    "{% import 'macros.html' as m %}{{ m.field('a') }} {{ m.version }} {{ m.bold(1) }} {{ m._private is defined }} {{ m }}",
    "{% import 'macros.html' as m with context %}{{ m }}", "{% from 'macros.html' import field, bold as b %}{{ field('q', type='n') }}{{ b('x') }}",
    "{% from 'macros.html' import version with context %}{{ version }}", "{% from 'macros.html' import nope %}{{ nope is defined }}",
    "{% from 'macros.html' import field as f, version %}{{ f(name=version) }}", "{% block t %}{% import 'macros.html' as m %}{{ m.version }}{% endblock %}",
    "{% extends 'base.html' %}{% import 'macros.html' as m %}{% block body %}{{ m.bold('b') }}{% endblock %}",
    "{% extends 'base.html' %}{% block body %}{% for i in items %}{% include 'loop_part.html' %}{% endfor %}{% endblock %}",
    "{% set layout = 'base.html' %}{% extends layout %}", "{% block x %}a{% endblock %}{% set x = 1 %}{{ x }}",
    "{% for i in [1, 2] %}{% block lb %}{{ i }}{% endblock %}{% endfor %}", "{% macro m() %}{{ self.t() }}{% endmacro %}{% block t %}T{% endblock %}",
]

SPACE = [
    "<ul>\n{% for i in items %}\n  <li>{{ i }}</li>\n{% endfor %}\n</ul>\n", "  {% if yes %}\n  a\n  {% endif %}\nb\n", "a {%- if yes -%} b {%- endif -%} c",
    "a\n\n  {%- if yes %}\n b\n{% endif -%}\n\n c\n", "  {%+ if yes %}x{% endif %}\n", "{% if yes +%}\nx\n{% endif %}", "a {{- ' b ' -}} c", "{{ name }}\n", "{{ name }}\n\n",
    "x {# c #}\ny", "  {# c #}\ny", "x\n  {#- c -#}\n y", "{% raw %}\n  x\n{% endraw %}\nz", "  {% raw -%}\n x {%- endraw %} z", "a\r\nb\r{{ name }}\r\n", "\t{% set a = 1 %}  \nb",
    "{% for i in items -%}\n {{ i }}\n{%- endfor %}\n", "  {{ name }}  {% if yes %} t {% endif %}  \n  u", "{%- for i in items %}\n{{- i }}\n{%- endfor -%}\n.", "\n\n{% if yes %}\n\nx\n\n{% endif %}\n\n",
    "{#- a -#}   {%- set b = 1 -%}   c", "a{% if yes %}\n{% if yes %}\nb\n{% endif %}\n{% endif %}c", "  a {% if yes %}b{% endif %}\n  {% if yes %}c{% endif %} d\n", "{{ '{{' }} {{ '%}' }} {% raw %}{{ x }}{% endraw %}",
    "a\n  {%+ set z = 1 +%}\nb", "{% if yes -%}  \n\n x {%+ endif %}", "x  {#+ c +#}\n y",
]


def environment(**options):
    return ImmutableSandboxedEnvironment(loader=jinja2.DictLoader(FILES), extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"], **options)


def run(template, **options):
    case = {"template": template}
    if options:
        case["options"] = sorted(options)
    try:
        case["output"] = environment(**options).from_string(template).render(VARIABLES)
    except Exception as error:
        case["error"] = type(error).__name__
    return case


def split(text):
    """A case for each expression of a line without tags, else one for the line as a whole."""
    for line in text.strip("\n").replace("new\\\nline", "new\x00line").split("\n"):
        if "{%" in line or "{#" in line:
            yield line
        else:
            parts = line.split("}} {{")
            for i, part in enumerate(parts):
                yield ("" if i == 0 else "{{") + part + ("" if i == len(parts) - 1 else "}}")


cases = []
for line in split(PLAIN):
    cases.append(run(line.replace("\x00", "\\\n")))
for line in ERRORS.strip("\n").split("\n"):
    cases.append(run(line))
for line in split(ESCAPED):
    cases.append(run(line, autoescape=True))
for template in MULTI:
    cases.append(run(template))
    cases.append(run(template, autoescape=True))
for template in SPACE:
    cases.append(run(template))
    cases.append(run(template, trim_blocks=True, lstrip_blocks=True))
    cases.append(run(template, trim_blocks=True))
    cases.append(run(template, lstrip_blocks=True, keep_trailing_newline=True))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jinja-cases.json")
with open(path, "w", encoding="utf-8") as file:
    json.dump({"jinja2": jinja2.__version__, "variables": VARIABLES, "files": FILES, "cases": cases}, file, ensure_ascii=False, indent=0)
    file.write("\n")
print(len(cases), "cases,", sum("error" in c for c in cases), "errors")
